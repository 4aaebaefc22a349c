#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/text.h"

namespace tensorgate::python {

// Any Python str in UTF-8: lone surrogates, which UTF-8 does not have, are written out.
inline std::string utf8_bytes(pybind11::handle text) {
  const auto bytes =
      pybind11::reinterpret_steal<pybind11::object>(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
  if (!bytes) throw pybind11::error_already_set();
  return bytes.cast<std::string>();
}

// The same as a message shows it, escaped and cut.
inline std::string utf8_text(pybind11::handle text) { return escaped(utf8_bytes(text)); }

}  // namespace tensorgate::python
