#include "python/spec_arguments.h"

#include "core/errors.h"
#include "core/text.h"
#include "python/arguments.h"
#include "python/description.h"
#include "python/numpy_api.h"
#include "python/tensor_value_array.h"

namespace tensorgate::python {
namespace {

bool is_given(PyObject* value) { return value != nullptr && value != Py_None; }

void need_values(const TensorSpec& spec, const char* what, PyObject* value) {
  if (is_given(value) && kind(spec.dtype) == DTypeKind::handle) {
    throw InvalidInput(std::string(what) + ": a " + std::string(name(spec.dtype)) + " tensor has no values");
  }
}

// A rule may be written in another dtype, as long as the spec's can hold it.
TensorValue rule_argument(py::handle value, DType dtype, const char* what) {
  if (!PyArray_Check(value.ptr()) && !PyArray_CheckScalar(value.ptr())) return value_argument(value, dtype, what);
  Description description;
  describe(value, description);
  if (description.dtype == dtype || description.refusal) return value_argument(value, dtype, what);
  return value_argument(value.attr("tolist")(), dtype, what);
}

std::optional<TensorValue> bound_argument(const TensorSpec& spec, PyObject* value, const char* what) {
  if (!is_given(value)) return std::nullopt;
  if (spec.dtype == DType::string) {
    throw InvalidInput(std::string(what) + " is a rule for numbers, and the dtype is string");
  }
  need_values(spec, what, value);
  return rule_argument(value, spec.dtype, what);
}

std::optional<TensorValue> one_of_argument(const TensorSpec& spec, PyObject* value) {
  if (!is_given(value)) return std::nullopt;
  need_values(spec, "one_of", value);
  py::object values = py::reinterpret_borrow<py::object>(value);
  if (PyAnySet_Check(value) || PyFrozenSet_Check(value) || py::isinstance<py::iterator>(values))
    values = py::list(values);
  if (py::isinstance<py::str>(values) || py::isinstance<py::bytes>(values)) {
    throw py::type_error("one_of is " + with_article(type_text(values)) + "; it must be a sequence of values");
  }
  if (!PyArray_Check(value) && py::isinstance<py::iterable>(values)) values = py::list(values);
  if (py::isinstance<py::sequence>(values) && py::len(values) == 0) {
    throw InvalidInput("one_of is empty, which no value satisfies");
  }
  TensorValue set = rule_argument(values, spec.dtype, "one_of");
  if (set.dims.size() != 1) {
    throw InvalidInput("one_of has the shape " + text(std::span<const std::int64_t>(set.dims)) +
                       "; it must be a sequence of values");
  }
  return set;
}

}  // namespace

TensorSpec spec_argument(const SpecArguments& given, TensorSpec spec) {
  spec.shape = shape_argument(given.shape);
  if (given.dtype != nullptr) spec.dtype = dtype_argument(given.dtype);
  if (is_given(given.name)) spec.name = string_argument(given.name, "name");
  spec.optional = given.optional != 0;
  spec.rules.finite = given.finite != 0;
  spec.rules.utf8 = given.utf8 != 0;
  spec.rules.minimum = bound_argument(spec, given.minimum, "minimum");
  spec.rules.maximum = bound_argument(spec, given.maximum, "maximum");
  spec.rules.one_of = one_of_argument(spec, given.one_of);
  if (is_given(given.max_bytes)) spec.rules.max_bytes = size_argument(given.max_bytes, "max_bytes");
  normalize(spec.rules);
  return spec;
}

py::dict rule_arguments(const TensorSpec& spec) {
  const ValueRules& rules = spec.rules;
  py::dict out;
  if (rules.minimum) out["minimum"] = to_array(*rules.minimum);
  if (rules.maximum) out["maximum"] = to_array(*rules.maximum);
  if (rules.finite) out["finite"] = true;
  if (rules.one_of) out["one_of"] = to_array(*rules.one_of);
  if (rules.max_bytes) out["max_bytes"] = *rules.max_bytes;
  if (rules.utf8) out["utf8"] = true;
  return out;
}

std::string rule_reprs(const TensorSpec& spec) {
  const ValueRules& rules = spec.rules;
  std::string out;
  if (rules.minimum) out += ", minimum=" + value_repr(*rules.minimum);
  if (rules.maximum) out += ", maximum=" + value_repr(*rules.maximum);
  if (rules.finite) out += ", finite=True";
  if (rules.one_of) out += ", one_of=" + value_repr(*rules.one_of);
  if (rules.max_bytes) out += ", max_bytes=" + std::to_string(*rules.max_bytes);
  if (rules.utf8) out += ", utf8=True";
  return out;
}

}  // namespace tensorgate::python
