#include "python/decoded_array.h"

#include <cstdlib>

#include "python/numpy_api.h"
#include "python/tensor_value_array.h"

namespace tensorgate::python {
namespace {

py::object checked(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

py::object strings_array(const serving::DecodedTensor& tensor) {
  const auto rank = static_cast<int>(tensor.dims.size());
  const py::object array = checked(PyArray_SimpleNew(rank, const_cast<npy_intp*>(tensor.dims.data()), NPY_OBJECT));
  auto** elements = static_cast<PyObject**>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(array.ptr())));
  py::object bytes;
  const char* last = nullptr;  // the strings that stand for one on the wire are one object
  for (const std::string_view text : tensor.strings) {
    if (!bytes || text.data() != last || text.size() != static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))) {
      bytes = checked(PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
      last = text.data();
    }
    Py_XSETREF(*elements, bytes.inc_ref().ptr());
    ++elements;
  }
  return array;
}

}  // namespace

std::size_t max_array_rank() {
  constexpr std::size_t kOfNumPy1 = 32;
  return PyArray_RUNTIME_VERSION < NPY_2_0_API_VERSION ? kOfNumPy1 : NPY_MAXDIMS;
}

py::object decoded_array(serving::DecodedTensor tensor, py::handle owner) {
  if (tensor.dtype == DType::string) return strings_array(tensor);
  py::object base = py::reinterpret_borrow<py::object>(owner);
  void* data = const_cast<void*>(tensor.data());
  int flags = NPY_ARRAY_C_CONTIGUOUS;
  if (tensor.view.empty()) {
    if (data == nullptr) tensor.numbers.resize(0);
    data = tensor.numbers.data();
    base = py::capsule(data, [](void* memory) { std::free(memory); });
    static_cast<void>(tensor.numbers.release());
    flags |= NPY_ARRAY_WRITEABLE;
  }
  py::object dtype = numpy_dtype(tensor.dtype);
  const auto rank = static_cast<int>(tensor.dims.size());
  py::object array =
      checked(PyArray_NewFromDescr(&PyArray_Type, reinterpret_cast<PyArray_Descr*>(dtype.release().ptr()), rank,
                                   const_cast<npy_intp*>(tensor.dims.data()), nullptr, data, flags, nullptr));
  auto* made = reinterpret_cast<PyArrayObject*>(array.ptr());
  // Bytes on the wire lie where they lie.
  PyArray_UpdateFlags(made, NPY_ARRAY_ALIGNED);
  if (PyArray_SetBaseObject(made, base.release().ptr()) < 0) throw py::error_already_set();
  return array;
}

}  // namespace tensorgate::python
