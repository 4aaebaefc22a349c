#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/inspection.h"

namespace tensorgate::python {

namespace py = pybind11;

// Turns the exception being handled into Python's. The one place where C++ errors get their Python types.
void set_python_error() noexcept;

// Runs the body of a function that CPython calls: an exception in it becomes Python's and `failed` is returned.
template <class Result, class Body>
Result guarded(Result failed, Body body) noexcept {
  try {
    return body();
  } catch (...) {
    set_python_error();
    return failed;
  }
}

template <class Body>
PyObject* guarded(Body body) noexcept {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* { return py::object(body()).release().ptr(); });
}

// What no batch causes: a full memory, a pressed Ctrl-C. Other exceptions of a batch's own objects are verdicts on it.
bool is_fatal(const py::error_already_set& error);

// The type and the first line of an exception's message.
std::string exception_text(const py::error_already_set& error);

[[noreturn]] void throw_validation_error(const std::string& subject, const Violations& violations);

}  // namespace tensorgate::python
