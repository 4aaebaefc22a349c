#include "python/serialized_examples.h"

#include <string>

#include "core/text.h"
#include "python/description.h"
#include "python/numpy_api.h"
#include "serving/example_reader.h"

namespace tensorgate::python {

SerializedExamples::SerializedExamples(py::handle serialized, const serving::Limits& limits) {
  if (PyUnicode_Check(serialized.ptr()) ||
      (PyObject_CheckBuffer(serialized.ptr()) && !PyArray_Check(serialized.ptr()))) {
    throw py::type_error("serialized is " + with_article(type_text(serialized)) +
                         "; it must be a sequence of serialized Examples");
  }
  if (PyArray_Check(serialized.ptr())) {
    auto* array = reinterpret_cast<PyArrayObject*>(serialized.ptr());
    if (PyArray_NDIM(array) != 1) {
      throw py::value_error("serialized is an array of " + std::to_string(PyArray_NDIM(array)) +
                            " dimensions; it must be a vector of serialized Examples");
    }
    if (PyArray_TYPE(array) == NPY_STRING) {
      add_padded(serialized);
      return;
    }
    if (PyArray_TYPE(array) != NPY_OBJECT) {
      throw py::type_error("serialized is an array of " +
                           py::str(reinterpret_cast<PyObject*>(PyArray_DESCR(array))).cast<std::string>() +
                           "; it must be of dtype object, with bytes in it, or S");
    }
  }
  if (PyList_Check(serialized.ptr()) || PyTuple_Check(serialized.ptr())) {
    // Other threads may change a list while this one reads.
    held_ = py::reinterpret_steal<py::object>(PySequence_Tuple(serialized.ptr()));
    if (!held_) throw py::error_already_set();
    const Py_ssize_t count = PyTuple_GET_SIZE(held_.ptr());
    examples_.reserve(static_cast<std::size_t>(count));
    for (Py_ssize_t i = 0; i < count; ++i) add(PyTuple_GET_ITEM(held_.ptr(), i));
    return;
  }
  py::list items;
  held_ = items;
  for (const py::handle item : py::iter(serialized)) {
    items.append(item);
    add(item.ptr());
    if (examples_.size() > limits.max_examples || bytes_ > limits.max_request_bytes) return;
  }
}

// NumPy fills elements of dtype S up with zero bytes, and takes those that were there before for the same.
void SerializedExamples::add_padded(py::handle array) {
  held_ = py::reinterpret_borrow<py::object>(array);
  auto* elements = reinterpret_cast<PyArrayObject*>(array.ptr());
  const auto width = static_cast<std::size_t>(PyArray_ITEMSIZE(elements));
  for (npy_intp i = 0; i < PyArray_DIM(elements, 0); ++i) {
    add(serving::without_padding({static_cast<const char*>(PyArray_GETPTR1(elements, i)), width}));
  }
}

void SerializedExamples::add(PyObject* example) {
  if (PyBytes_Check(example)) {
    return add(std::string_view(PyBytes_AS_STRING(example), static_cast<std::size_t>(PyBytes_GET_SIZE(example))));
  }
  add(buffers_.emplace_back(example, ("examples[" + std::to_string(examples_.size()) + "]").c_str()).view());
}

void SerializedExamples::add(std::string_view example) {
  examples_.push_back({example});
  bytes_ += example.size();
}

}  // namespace tensorgate::python
