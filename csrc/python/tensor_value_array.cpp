#include "python/tensor_value_array.h"

#include <pybind11/stl.h>

#include <memory>

#include "core/text.h"
#include "python/description.h"
#include "python/numpy_api.h"

namespace tensorgate::python {
namespace {

py::module_ numpy() { return py::module_::import("numpy"); }

// The NumPy dtype that TensorFlow shows a dtype as.
py::object numpy_dtype(DType dtype) {
  const std::string own_name(name(dtype));
  const py::object make = numpy().attr("dtype");
  switch (kind(dtype)) {
    case DTypeKind::string:
      return make("O");
    case DTypeKind::handle:
      throw py::value_error("a " + own_name + " tensor can't be a default");
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

[[noreturn]] void refuse(const std::string& what) { throw py::value_error("default " + what); }

// Python values become an array of the spec's dtype: floats may round, nothing else may change.
py::object array_of(py::handle value, DType dtype) {
  const py::object want = numpy_dtype(dtype);
  if (kind(dtype) == DTypeKind::string || kind(dtype) == DTypeKind::quantized)
    return numpy().attr("array")(value, want);
  const py::object given = numpy().attr("asarray")(value);
  const py::object array = given.attr("astype")(want);
  const py::object back = array.attr("astype")(given.attr("dtype"));
  const bool rounds = kind(dtype) == DTypeKind::floating || kind(dtype) == DTypeKind::complex;
  const py::object same = numpy().attr("array_equal");
  const py::object finite = numpy().attr("isfinite");
  const bool numeric =
      std::string_view("biufc").find(given.attr("dtype").attr("kind").cast<std::string>()) != std::string_view::npos;
  if (!numeric || !(rounds ? same(finite(back), finite(given)) : same(back, given)).cast<bool>()) {
    refuse(escaped(py::repr(value).cast<std::string>()) + " can't be held by " + std::string(name(dtype)));
  }
  return array;
}

std::string element_bytes(py::handle element) {
  if (py::isinstance<py::bytes>(element)) return element.cast<std::string>();
  const auto encoded = py::reinterpret_steal<py::object>(PyUnicode_AsUTF8String(element.ptr()));
  if (!encoded) throw py::error_already_set();
  return encoded.cast<std::string>();
}

std::string expression(py::handle value) {
  if (!py::isinstance<py::list>(value)) {
    const std::string text = py::repr(value).cast<std::string>();
    return text == "nan" || text == "inf" || text == "-inf" ? "float('" + text + "')" : text;
  }
  std::string out;
  for (const py::handle item : py::reinterpret_borrow<py::list>(value)) {
    out += (out.empty() ? "" : ", ") + expression(item);
  }
  return "[" + out + "]";
}

}  // namespace

TensorValue tensor_value_argument(py::handle value, const TensorSpec& spec) {
  if (value.is_none()) throw py::type_error("default is None, which is no tensor; leave it out, or say optional=True");
  const bool is_array = PyArray_Check(value.ptr()) || PyArray_CheckScalar(value.ptr());
  const py::object array = is_array ? py::reinterpret_borrow<py::object>(value) : array_of(value, spec.dtype);
  const auto description = std::make_unique<Description>();
  describe(array, *description);
  if (description->refusal) refuse("is " + description->refusal->got);
  const TensorView view = description->view();
  if (view.dtype != spec.dtype) {
    refuse("is " + dtype_text(array, *description) + ", the spec " + std::string(name(spec.dtype)));
  }
  if (!is_subtype(exact_shape(view.dims), spec.shape)) {
    refuse("has the shape " + text(view.dims) + ", the spec " + text(spec.shape));
  }
  TensorValue out{.dtype = spec.dtype, .dims = {view.dims.begin(), view.dims.end()}};
  const py::object plain = numpy().attr("asarray")(array);
  if (kind(spec.dtype) != DTypeKind::string) {
    out.bytes = plain.attr("tobytes")().cast<std::string>();
    return out;
  }
  if (const auto fault = find_string_fault(plain)) refuse("is " + fault->got);
  for (const py::handle element : plain.attr("ravel")().attr("tolist")()) out.strings.push_back(element_bytes(element));
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

std::string value_repr(const TensorValue& value) { return expression(to_array(value).attr("tolist")()); }

}  // namespace tensorgate::python
