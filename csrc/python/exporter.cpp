#include "python/exporter.h"

#include <string>
#include <string_view>

#include "python/numpy_api.h"
#include "python/type_cache.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

namespace py = pybind11;

bool is_tensorflow(std::string_view module) {
  return module.starts_with("tensorflow.") || module.starts_with("tensorflow_core.");
}

bool is_keras(std::string_view module) { return module.starts_with("keras.") || module.starts_with("tf_keras."); }

Exporter by_class_name(std::string_view module, std::string_view name) {
  if (is_tensorflow(module)) {
    if (name == "EagerTensor") return Exporter::eager_tensor;
    if (name == "SymbolicTensor" || (name == "Tensor" && module.find(".framework.") != std::string_view::npos)) {
      return Exporter::symbolic_tensor;
    }
    if (name == "Variable" && module.ends_with(".variables")) return Exporter::tf_variable;
    if (name == "RaggedTensor" || name == "RaggedTensorValue") return Exporter::ragged_tensor;
    if (name == "SparseTensor") return Exporter::sparse_tensor;
    if (name == "IndexedSlices") return Exporter::indexed_slices;
  }
  if (is_keras(module)) {
    if (name == "KerasTensor") return Exporter::symbolic_tensor;
    if (name == "Variable") return Exporter::keras_variable;
  }
  return Exporter::unknown;
}

std::string string_attribute(PyObject* object, const char* name) {
  PyObject* value = PyObject_GetAttrString(object, name);
  if (value == nullptr) {
    PyErr_Clear();
    return {};
  }
  const py::object owned = py::reinterpret_steal<py::object>(value);
  return py::isinstance<py::str>(owned) ? utf8_text(owned) : std::string();
}

bool has_attribute(PyTypeObject* type, const char* name) {
  return PyObject_HasAttrString(reinterpret_cast<PyObject*>(type), name) != 0;
}

Exporter classify(PyTypeObject* type) {
  if (PyType_IsSubtype(type, &PyArray_Type)) return Exporter::numpy_array;
  if (PyType_IsSubtype(type, &PyGenericArrType_Type)) return Exporter::numpy_scalar;
  for (PyTypeObject* plain : {&PyList_Type, &PyTuple_Type, &PyUnicode_Type, &PyLong_Type, &PyFloat_Type,
                              &PyComplex_Type, &PyDict_Type, &PySet_Type, Py_TYPE(Py_None)}) {
    if (PyType_IsSubtype(type, plain)) return Exporter::python_value;
  }
  // Owned: what a metaclass runs when asked for a name may give the type other bases.
  const auto bases = py::reinterpret_borrow<py::tuple>(type->tp_mro);
  for (std::size_t i = 0; i < bases.size(); ++i) {
    PyObject* base = PyTuple_GET_ITEM(bases.ptr(), static_cast<Py_ssize_t>(i));
    const Exporter found = by_class_name(string_attribute(base, "__module__"), string_attribute(base, "__name__"));
    if (found != Exporter::unknown) return found;
  }
  if (type->tp_as_buffer != nullptr && type->tp_as_buffer->bf_getbuffer != nullptr) return Exporter::buffer;
  if (has_attribute(type, "__dlpack__")) return Exporter::dlpack;
  if (has_attribute(type, "__array__")) return Exporter::array_like;
  return Exporter::unknown;
}

}  // namespace

Exporter exporter_of(pybind11::handle object) {
  static TypeCache<Exporter> cache;
  return cache.get(Py_TYPE(object.ptr()), classify);
}

}  // namespace tensorgate::python
