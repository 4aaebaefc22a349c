#pragma once

#include <pybind11/pybind11.h>

#include <string_view>

namespace tensorgate::python {

namespace py = pybind11;

// The bytes of a bytes object, a bytearray or a memoryview, held where they lie for as long as this lives.
class WireBytes {
 public:
  // Throws TypeError for what has no bytes, and ValueError for bytes that are not contiguous; `what` names the
  // argument.
  WireBytes(py::handle object, const char* what);
  ~WireBytes() {
    if (buffer_.obj != nullptr) PyBuffer_Release(&buffer_);
  }
  WireBytes(const WireBytes&) = delete;
  WireBytes& operator=(const WireBytes&) = delete;

  std::string_view view() const { return view_; }

  // What keeps the bytes where they are for longer: the object itself, or a memoryview of one that could move them.
  py::object owner() const;

 private:
  py::handle object_;
  Py_buffer buffer_{};  // not of bytes objects
  std::string_view view_;
};

}  // namespace tensorgate::python
