#include "python/wire_bytes.h"

#include <string>

#include "core/text.h"
#include "python/description.h"

namespace tensorgate::python {

WireBytes::WireBytes(py::handle object, const char* what) : object_(object) {
  if (PyBytes_CheckExact(object.ptr())) {
    view_ = {PyBytes_AS_STRING(object.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(object.ptr()))};
    return;
  }
  if (!PyObject_CheckBuffer(object.ptr())) {
    throw py::type_error(std::string(what) + " is " + with_article(type_text(object)) +
                         "; it must be bytes, a bytearray or a memoryview");
  }
  if (PyObject_GetBuffer(object.ptr(), &buffer_, PyBUF_SIMPLE) < 0) {
    PyErr_Clear();
    throw py::value_error(std::string(what) + " is " + with_article(type_text(object)) +
                          " whose bytes are not contiguous");
  }
  view_ = {static_cast<const char*>(buffer_.buf), static_cast<std::size_t>(buffer_.len)};
}

py::object WireBytes::owner() const {
  if (buffer_.obj == nullptr) return py::reinterpret_borrow<py::object>(object_);
  PyObject* view = PyMemoryView_FromObject(object_.ptr());
  if (view == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(view);
}

}  // namespace tensorgate::python
