#include "python/arguments.h"

#include <algorithm>
#include <array>

#include "core/text.h"
#include "python/description.h"
#include "python/numpy_tensor.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

[[noreturn]] void refuse_dtype(py::handle value) {
  throw py::type_error(
      "dtype " + utf8_text(py::repr(value)) +
      " is not one that TensorFlow has; TensorFlow's dtypes run from 'float32' and 'int64' to 'string' and "
      "'bfloat16'");
}

DType from_tensorflow(py::handle value, py::handle number) {
  const auto wire = number.cast<std::uint64_t>();
  if (const auto dtype = dtype_from_wire(wire)) return *dtype;
  throw py::type_error("dtype " + utf8_text(py::str(value)) +
                       " is a reference type of TensorFlow 1, which no batch can hold: use its base_dtype");
}

// NumPy takes any class for the dtype object, and characters by their code for type numbers.
bool is_dtype_to_numpy_by_accident(py::handle value) {
  if (PyType_Check(value.ptr())) {
    auto* type = reinterpret_cast<PyTypeObject*>(value.ptr());
    const std::array<PyTypeObject*, 6> builtins{&PyBool_Type,    &PyLong_Type,  &PyComplex_Type,
                                                &PyUnicode_Type, &PyBytes_Type, &PyBaseObject_Type};
    return !PyType_IsSubtype(type, &PyGenericArrType_Type) &&
           std::find(builtins.begin(), builtins.end(), type) == builtins.end();
  }
  return py::isinstance<py::str>(value) && !value.attr("isprintable")().cast<bool>();
}

std::optional<DType> from_numpy(py::handle value) {
  if (is_dtype_to_numpy_by_accident(value)) return std::nullopt;
  PyArray_Descr* descr = nullptr;
  if (PyArray_DescrConverter(value.ptr(), &descr) == NPY_FAIL) {
    PyErr_Clear();
    return std::nullopt;
  }
  const py::object owned = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(descr));
  const DType dtype = dtype_of_descr(descr);
  return dtype == DType::invalid ? std::nullopt : std::optional(dtype);
}

// A sequence of characters or bytes is a slip where dimensions go.
bool is_text(py::handle value) {
  return py::isinstance<py::str>(value) || py::isinstance<py::bytes>(value) || PyByteArray_Check(value.ptr()) ||
         PyMemoryView_Check(value.ptr());
}

// An int from 0 to 2**63 - 1. `must` and `instead` say what may stand there.
std::int64_t index_argument(py::handle value, const std::string& what, const std::string& must,
                            const std::string& instead) {
  // NumPy 1's bool still counts as an index.
  const bool is_bool = PyBool_Check(value.ptr()) || PyArray_IsScalar(value.ptr(), Bool);
  if (is_bool || !PyIndex_Check(value.ptr())) {
    throw py::type_error(what + " is " + with_article(type_text(value)) + "; it must be " + must);
  }
  const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
  if (!number) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) throw py::error_already_set();
    PyErr_Clear();
    throw py::type_error(what + " is " + with_article(type_text(value)) + " without a value" + instead);
  }
  int overflow = 0;
  const long long size = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
  if (overflow > 0) throw py::value_error(what + " is over 2**63 - 1");
  if (overflow < 0) throw py::value_error(what + " is negative" + instead);
  if (size < 0) throw py::value_error(what + " is " + std::to_string(size) + instead);
  return size;
}

}  // namespace

DType dtype_argument(py::handle value) {
  if (py::isinstance<py::str>(value)) {
    const std::string name = string_argument(value, "dtype");
    if (const auto dtype = dtype_from_name(name)) return *dtype;
    if (name.ends_with("_ref")) {
      throw py::type_error("dtype " + quoted(name) + " is a reference type of TensorFlow 1, which no batch can hold");
    }
    if (const auto dtype = from_numpy(value)) return *dtype;
    refuse_dtype(value);
  }
  // TensorFlow and NumPy differ on the builtin float, which TensorFlow's name goes with: float32.
  if (value.ptr() == reinterpret_cast<PyObject*>(&PyFloat_Type)) return DType::float32;
  if (value.is_none()) refuse_dtype(value);  // float64 to NumPy
  if (const py::object number = py::getattr(value, "as_datatype_enum", py::none()); py::isinstance<py::int_>(number)) {
    return from_tensorflow(value, number);
  }
  if (const auto dtype = from_numpy(value)) return *dtype;
  refuse_dtype(value);
}

std::int64_t size_argument(py::handle value, const std::string& what) {
  return index_argument(value, what, "an int", "; it can't be negative");
}

std::string dim_name_argument(py::handle value) {
  std::string name = string_argument(value, "the name of a dimension");
  if (name.empty()) throw py::value_error("the name of a dimension is empty; None is an unknown one");
  return name;
}

py::object dim_object(const Dim& dim) {
  if (dim.size) return py::int_(*dim.size);
  if (dim.rules.any()) return py::cast(dim);
  return dim.name.empty() ? py::object(py::none()) : py::str(dim.name);
}

py::object shape_object(const Shape& shape) {
  if (!shape.rank_known()) return py::none();
  py::tuple out(shape.dims().size());
  for (std::size_t axis = 0; axis < shape.dims().size(); ++axis) out[axis] = dim_object(shape.dims()[axis]);
  return out;
}

Shape shape_argument(py::handle value) {
  if (value.is_none()) return Shape::unknown();
  py::object dims = py::reinterpret_borrow<py::object>(value);
  if (py::hasattr(value, "as_list") && py::hasattr(value, "rank")) {  // tf.TensorShape
    if (value.attr("rank").is_none()) return Shape::unknown();
    dims = value.attr("as_list")();
  }
  if (!py::isinstance<py::sequence>(dims) || is_text(dims)) {
    throw py::type_error("shape is " + with_article(type_text(value)) +
                         "; it must be a sequence of dimensions, or None for unknown rank");
  }
  const auto need_rank = [](Py_ssize_t rank) {
    if (rank < 0) throw py::error_already_set();
    if (static_cast<std::size_t>(rank) <= kMaxRank) return;
    throw py::value_error("shape has " + std::to_string(rank) + " dimensions; TensorFlow's limit is " +
                          std::to_string(kMaxRank));
  };
  need_rank(PySequence_Size(dims.ptr()));
  // A tuple holds its items; those of other sequences, such as arrays, may live only while they are looked at.
  const auto sizes = py::reinterpret_steal<py::tuple>(PySequence_Tuple(dims.ptr()));
  if (!sizes) throw py::error_already_set();
  need_rank(PyTuple_GET_SIZE(sizes.ptr()));
  std::vector<Dim> out;
  for (const py::handle item : sizes) {
    Dim& dim = out.emplace_back();
    if (item.is_none()) continue;
    if (py::isinstance<py::str>(item)) {
      dim.name = dim_name_argument(item);
    } else if (py::isinstance<Dim>(item)) {
      dim = item.cast<const Dim&>();
    } else {
      dim.size = index_argument(item, "dimension " + std::to_string(out.size() - 1) + " of a shape",
                                "an int, None, a name or a Dim", "; None is an unknown one");
    }
  }
  return Shape(std::move(out));
}

std::string string_argument(py::handle value, const char* what) {
  if (!py::isinstance<py::str>(value)) {
    throw py::type_error(std::string(what) + " is " + with_article(type_text(value)) + "; it must be a str");
  }
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
  if (text == nullptr) {
    PyErr_Clear();
    throw py::value_error(std::string(what) + " holds a lone surrogate, which UTF-8 does not have");
  }
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace tensorgate::python
