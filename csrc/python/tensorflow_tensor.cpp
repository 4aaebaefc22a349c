#include "python/tensorflow_tensor.h"

#include <algorithm>

#include "core/text.h"
#include "python/exporter.h"
#include "python/numpy_api.h"
#include "python/type_cache.h"

namespace tensorgate::python {
namespace {

// A pair of a private method, which is quick, and the public way, for versions without it.
py::object call_or_null(py::handle object, const char* method) {
  PyObject* name = PyUnicode_InternFromString(method);
  if (name == nullptr) throw py::error_already_set();
  const py::object owned = py::reinterpret_steal<py::object>(name);
  PyObject* result = PyObject_CallMethodNoArgs(object.ptr(), owned.ptr());
  if (result == nullptr) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) throw py::error_already_set();
    PyErr_Clear();
  }
  return py::reinterpret_steal<py::object>(result);
}

DType to_dtype(py::handle number) { return dtype_from_wire(number.cast<std::uint64_t>()).value_or(DType::invalid); }

// The C functions behind EagerTensor's private methods, called without the interpreter in between.
struct EagerMethods {
  PyCFunction datatype_enum = nullptr;
  PyCFunction shape_tuple = nullptr;
};

PyCFunction c_function(PyTypeObject* type, const char* method) {
  const py::object found = py::getattr(reinterpret_cast<PyObject*>(type), method, py::none());
  // Called directly, the function looks no more at what it is called with.
  if (!Py_IS_TYPE(found.ptr(), &PyMethodDescr_Type) || PyType_IsSubtype(type, PyDescr_TYPE(found.ptr())) == 0) {
    return nullptr;
  }
  const PyMethodDef* definition = reinterpret_cast<PyMethodDescrObject*>(found.ptr())->d_method;
  return definition->ml_flags == METH_NOARGS ? definition->ml_meth : nullptr;
}

py::object call(PyCFunction function, py::handle object, const char* method) {
  if (function == nullptr) return call_or_null(object, method);
  PyObject* result = function(object.ptr(), nullptr);
  if (result == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(result);
}

void set_shape(const py::tuple& shape, Description& out) {
  std::array<std::int64_t, kMaxRank> sizes;
  const auto rank = std::min(shape.size(), sizes.size());
  for (std::size_t axis = 0; axis < rank; ++axis) {
    sizes[axis] = PyLong_AsLongLong(PyTuple_GET_ITEM(shape.ptr(), static_cast<Py_ssize_t>(axis)));
    if (sizes[axis] == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  }
  out.set_shape(sizes.data(), static_cast<std::int64_t>(shape.size()));
}

}  // namespace

void describe_eager_tensor(py::handle object, Description& out) {
  static TypeCache<EagerMethods> cache;
  const EagerMethods methods = cache.get(Py_TYPE(object.ptr()), [](PyTypeObject* type) {
    return EagerMethods{c_function(type, "_datatype_enum"), c_function(type, "_shape_tuple")};
  });
  const py::object number = call(methods.datatype_enum, object, "_datatype_enum");
  out.dtype = to_dtype(number ? number : object.attr("dtype").attr("as_datatype_enum"));
  const py::object shape = call(methods.shape_tuple, object, "_shape_tuple");
  set_shape(shape ? shape : object.attr("shape").attr("as_list")(), out);
}

void describe_tf_variable(py::handle object, Description& out) {
  // A variable made with unknown dimensions has its real ones in its value alone.
  const py::object value = object.attr("value")();
  if (exporter_of(value) == Exporter::eager_tensor) return describe_eager_tensor(value, out);
  out.refuse(ViolationCode::unsupported, with_article(type_text(object)) + " of a graph",
             "it has no value to check yet");
}

py::object array_of_eager_tensor(py::handle object) {
  const std::string device = py::str(object.attr("backing_device")).cast<std::string>();
  if (device.find("CPU:") == std::string::npos) return {};
  py::object array = call_or_null(object, "_numpy_internal");
  if (!array) array = object.attr("numpy")();
  if (PyArray_Check(array.ptr())) return array;
  // A lone element comes as a NumPy scalar, or as bytes.
  PyObject* whole = PyArray_IsScalar(array.ptr(), Generic)
                        ? PyArray_FromScalar(array.ptr(), nullptr)
                        : PyArray_FromAny(array.ptr(), PyArray_DescrFromType(NPY_OBJECT), 0, 0, 0, nullptr);
  if (whole == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(whole);
}

TensorSpec spec_of_symbolic_tensor(py::handle object) {
  TensorSpec spec;
  spec.dtype = to_dtype(object.attr("dtype").attr("as_datatype_enum"));
  const py::object shape = object.attr("shape");
  if (shape.attr("rank").is_none()) return spec;
  std::vector<Dim> dims;
  for (const py::handle size : shape.attr("as_list")()) {
    Dim& dim = dims.emplace_back();
    if (!size.is_none()) dim.size = size.cast<std::int64_t>();
  }
  spec.shape = Shape(std::move(dims));
  return spec;
}

}  // namespace tensorgate::python
