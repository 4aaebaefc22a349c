#include "python/tensor_value_array.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <memory>

#include "core/plan.h"
#include "core/text.h"
#include "python/description.h"
#include "python/numpy_api.h"
#include "python/numpy_tensor.h"
#include "python/tensor_strings.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

py::module_ numpy() { return py::module_::import("numpy"); }
py::module_ defaults() { return py::module_::import("tensorgate.defaults"); }

[[noreturn]] void refuse(const std::string& what, const std::string& why) { throw py::value_error(what + " " + why); }

const char* kind_name(DTypeKind kind) {
  switch (kind) {
    case DTypeKind::boolean:
      return "boolean";
    case DTypeKind::integer:
      return "integer";
    case DTypeKind::floating:
      return "floating";
    case DTypeKind::complex:
      return "complex";
    case DTypeKind::quantized:
      return "quantized";
    case DTypeKind::string:
      return "string";
    case DTypeKind::handle:
      return "handle";
  }
  return "";
}

py::object array_of(py::handle value, DType dtype, const char* what) {
  const py::object want = numpy_dtype(dtype);
  try {
    return defaults().attr("from_python")(value, want, kind_name(kind(dtype)));
  } catch (py::error_already_set& error) {
    if (!error.matches(PyExc_ValueError)) throw;
    refuse(what, utf8_text(py::repr(value)) + " can't be held by " + std::string(name(dtype)));
  }
}

// True where the dimensions are the spec's, each name standing for one size.
bool has_shape_of(const TensorValue& value, const TensorSpec& spec) {
  const Plan plan(Nest::of(spec));
  std::vector<std::int64_t> sizes(plan.sizes().begin(), plan.sizes().end());
  return matches(plan.tensors()[0], {value.dtype, value.dims}, sizes.data()) && plan.allows(sizes.data());
}

std::string element_bytes(py::handle element) {
  if (py::isinstance<py::bytes>(element)) return element.cast<std::string>();
  const auto encoded = py::reinterpret_steal<py::object>(PyUnicode_AsUTF8String(element.ptr()));
  if (!encoded) throw py::error_already_set();
  return encoded.cast<std::string>();
}

}  // namespace

py::object numpy_dtype(DType dtype) {
  // NumPy's own by their number: a name takes a hundred times as long.
  const auto known = std::find(kDTypeOfTypeNumber.begin(), kDTypeOfTypeNumber.end(), dtype);
  if (known != kDTypeOfTypeNumber.end()) {
    PyArray_Descr* descr = PyArray_DescrFromType(static_cast<int>(known - kDTypeOfTypeNumber.begin()));
    return py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(descr));
  }
  const std::string own_name(name(dtype));
  const py::object make = numpy().attr("dtype");
  switch (kind(dtype)) {
    case DTypeKind::string:
      return make("O");
    case DTypeKind::handle:
      throw py::value_error("a " + own_name + " tensor has no values that a contract could hold");
    case DTypeKind::quantized: {
      std::string stored = own_name;  // qint8 holds int8, quint8 uint8
      stored.erase(stored.find('q'), 1);
      py::list fields;
      fields.append(py::make_tuple(own_name, stored));
      return make(fields);
    }
    default:
      break;
  }
  // NumPy knows ml_dtypes' names only once that is imported.
  const bool extension = dtype == DType::bfloat16 || own_name.starts_with("float8") || own_name.starts_with("float4") ||
                         own_name.ends_with("int4") || own_name.ends_with("int2");
  return extension ? make(py::module_::import("ml_dtypes").attr(own_name.c_str())) : make(own_name);
}

TensorValue value_argument(py::handle value, DType dtype, const char* what) {
  const bool is_array = PyArray_Check(value.ptr()) || PyArray_CheckScalar(value.ptr());
  const py::object array = is_array ? py::reinterpret_borrow<py::object>(value) : array_of(value, dtype, what);
  const auto description = std::make_unique<Description>();
  describe(array, *description);
  if (description->refusal) refuse(what, "is " + description->refusal->got);
  const TensorView view = description->view();
  if (view.dtype != dtype) {
    refuse(what, "is " + dtype_text(array, *description) + ", the spec " + std::string(name(dtype)));
  }
  TensorValue out{.dtype = dtype, .dims = {view.dims.begin(), view.dims.end()}};
  const py::object plain = numpy().attr("asarray")(array);
  if (kind(dtype) != DTypeKind::string) {
    out.bytes = plain.attr("tobytes")().cast<std::string>();
    unify_nans(out);
    return out;
  }
  if (const auto faults = find_string_faults(plain, nullptr); !faults.empty()) refuse(what, "is " + faults[0].got);
  for (const py::handle element : plain.attr("ravel")().attr("tolist")()) out.strings.push_back(element_bytes(element));
  return out;
}

TensorValue default_argument(py::handle value, const TensorSpec& spec) {
  if (value.is_none()) throw py::type_error("default is None, which is no tensor; leave it out, or say optional=True");
  TensorValue out = value_argument(value, spec.dtype, "default");
  if (!has_shape_of(out, spec)) {
    refuse("default",
           "has the shape " + text(std::span<const std::int64_t>(out.dims)) + ", the spec " + text(spec.shape));
  }
  return out;
}

py::object to_array(const TensorValue& value) {
  const py::object dtype = numpy_dtype(value.dtype);
  py::object array;
  if (kind(value.dtype) == DTypeKind::string) {
    array = numpy().attr("empty")(value.strings.size(), dtype);
    for (std::size_t i = 0; i < value.strings.size(); ++i) array[py::int_(i)] = py::bytes(value.strings[i]);
  } else if (value.bytes.empty()) {
    array = numpy().attr("empty")(0, dtype);
  } else {
    array = numpy().attr("frombuffer")(py::bytes(value.bytes), dtype);
  }
  array = array.attr("reshape")(py::tuple(py::cast(value.dims)));
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

std::string value_repr(const TensorValue& value) {
  return defaults().attr("expression")(to_array(value)).cast<std::string>();
}

}  // namespace tensorgate::python
