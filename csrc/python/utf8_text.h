#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/text.h"

namespace tensorgate::python {

// Any Python str as a message shows it: lone surrogates, which UTF-8 does not have, written out; then escaped and cut.
inline std::string utf8_text(pybind11::handle text) {
  const auto bytes =
      pybind11::reinterpret_steal<pybind11::object>(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
  if (!bytes) throw pybind11::error_already_set();
  return escaped(bytes.cast<std::string>());
}

}  // namespace tensorgate::python
