#include "python/errors.h"

#include <pybind11/stl.h>

#include "core/errors.h"
#include "python/description.h"
#include "python/utf8_text.h"

namespace tensorgate::python {

namespace {

void translate() {
  try {
    throw;
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const FileError& error) {
    // OSError picks its subclass, such as FileNotFoundError, by the number.
    // The system's text is in the locale's encoding, a path in the file system's.
    const auto text = py::reinterpret_steal<py::object>(PyUnicode_DecodeLocale(error.what(), "surrogateescape"));
    const auto path = py::reinterpret_steal<py::object>(PyUnicode_DecodeFSDefault(error.path().c_str()));
    if (!text || !path) return;
    const py::object args = py::make_tuple(error.error(), text, path);
    PyErr_SetObject(PyExc_OSError, args.ptr());
  } catch (const InvalidInput& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
}

}  // namespace

void set_python_error() noexcept {
  try {
    translate();
  } catch (...) {
    // Only a full memory gets in the way of saying what went wrong.
    PyErr_NoMemory();
  }
}

std::string exception_text(const py::error_already_set& error) {
  const std::string type = type_text(error.value());
  try {
    const py::object message = py::str(error.value());
    const py::object lines = message.attr("splitlines")();
    return py::len(lines) == 0 ? type : type + ": " + utf8_text(lines[py::int_(0)]);
  } catch (py::error_already_set&) {
    return type;  // its __str__ raises
  }
}

bool is_fatal(const py::error_already_set& error) {
  return !error.matches(PyExc_Exception) || error.matches(PyExc_MemoryError);
}

void throw_validation_error(const std::string& subject, const Violations& violations) {
  const py::object type = py::module_::import("tensorgate.errors").attr("ValidationError");
  const py::object error = type(subject, violations.kept(), violations.unlisted());
  PyErr_SetObject(type.ptr(), error.ptr());
  throw py::error_already_set();
}

}  // namespace tensorgate::python
