#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

#include "python/without_gil.h"

namespace tensorgate::python {

// A bytes object of at most `size` bytes, which `write(char*)` fills: it returns where it ended. Without the GIL where
// there is much to do: `write` touches nothing of Python's.
template <class Write>
pybind11::bytes written_bytes(std::uint64_t size, Write write) {
  PyObject* out = PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size));
  if (out == nullptr) throw pybind11::error_already_set();
  auto owned = pybind11::reinterpret_steal<pybind11::bytes>(out);
  char* const start = PyBytes_AS_STRING(out);
  char* const end = without_gil(size, [&] { return write(start); });
  if (end == start + size) return owned;
  out = owned.release().ptr();
  if (_PyBytes_Resize(&out, end - start) < 0) throw pybind11::error_already_set();
  return pybind11::reinterpret_steal<pybind11::bytes>(out);
}

}  // namespace tensorgate::python
