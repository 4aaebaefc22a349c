#include "python/tensorflow_tensor.h"

#include "core/text.h"
#include "python/exporter.h"
#include "python/numpy_api.h"

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

}  // namespace

void describe_eager_tensor(py::handle object, Description& out) {
  const py::object number = call_or_null(object, "_datatype_enum");
  out.dtype = to_dtype(number ? number : object.attr("dtype").attr("as_datatype_enum"));
  py::object shape = call_or_null(object, "_shape_tuple");
  if (!shape) shape = py::tuple(object.attr("shape").attr("as_list")());
  std::vector<std::int64_t> sizes;
  for (const py::handle size : py::tuple(shape)) sizes.push_back(size.cast<std::int64_t>());
  out.set_shape(sizes.data(), static_cast<std::int64_t>(sizes.size()));
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
