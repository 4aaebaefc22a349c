#include "python/tensor_spec_type.h"

#include <pybind11/stl.h>

#include "core/text.h"
#include "python/arguments.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/gate.h"
#include "python/raw_type.h"
#include "python/tensor_value_array.h"
#include "python/tensorflow_tensor.h"

namespace tensorgate::python {
namespace {

struct State {
  explicit State(TensorSpec given) : spec(std::move(given)), plan(spec) {}

  TensorSpec spec;
  Plan plan;
};

using Type = RawType<State>;

std::string subject(const TensorSpec& spec) {
  return "TensorSpec " + (spec.name ? quoted(*spec.name) + ", " : "") + text(spec);
}

bool spec_matches(const State& state, PyObject* value) {
  if (state.plan.symbols().size() > Bindings::kMax) return false;
  Bindings bindings(state.plan.symbols().size());
  return value_matches(value, state.plan.tensors()[0], bindings.data());
}

void inspect(const State& state, py::handle value, Violations& out) {
  Inspection inspection(state.plan, out);
  inspect_value(value, 0, state.spec, "input", inspection, out);
}

PyObject* construct(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    PyObject* shape = nullptr;
    PyObject* dtype = nullptr;
    PyObject* name = Py_None;
    PyObject* default_value = nullptr;
    int optional = 0;
    static const char* const kNames[] = {"shape", "dtype", "name", "optional", "default", nullptr};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO$pO:TensorSpec", const_cast<char**>(kNames), &shape, &dtype,
                                     &name, &optional, &default_value)) {
      throw py::error_already_set();
    }
    TensorSpec spec;
    spec.shape = shape_argument(shape);
    if (dtype != nullptr) spec.dtype = dtype_argument(dtype);
    if (name != Py_None) spec.name = string_argument(name, "name");
    spec.optional = optional != 0 || default_value != nullptr;
    if (default_value != nullptr) spec.default_value = tensor_value_argument(default_value, spec);
    return Type::make(type, std::move(spec));
  });
}

// Out of line, so that a check that passes sets up no frame for what is said on failure.
[[gnu::noinline]] PyObject* check_slowly(const State& state, PyObject* value) {
  Violations found(kMaxKeptViolations);
  inspect(state, value, found);
  if (!found.empty()) throw_validation_error(subject(state.spec), found);
  return Py_NewRef(Py_None);
}

PyObject* check(PyObject* self, PyObject* value) {
  const State& state = Type::state(self);
  return guarded<PyObject*>(nullptr, [&] {
    if (spec_matches(state, value)) [[likely]]
      return Py_NewRef(Py_None);
    return check_slowly(state, value);
  });
}

bool accepts_value(const State& state, PyObject* value) {
  if (spec_matches(state, value)) return true;
  if (state.plan.symbols().size() <= Bindings::kMax) return false;
  Violations found(1);
  inspect(state, value, found);
  return found.empty();
}

PyObject* accepts(PyObject* self, PyObject* value) {
  return guarded<PyObject*>(nullptr, [&] { return PyBool_FromLong(accepts_value(Type::state(self), value)); });
}

PyObject* violations(PyObject* self, PyObject* value) {
  return guarded([&] {
    Violations found;
    inspect(Type::state(self), value, found);
    return py::cast(found.kept());
  });
}

PyObject* is_compatible_with(PyObject* self, PyObject* other) {
  return guarded([&] {
    const State& state = Type::state(self);
    if (is_tensor_spec(other)) return py::bool_(is_compatible(state.spec, tensor_spec_of(other)));
    if (exporter_of(other) == Exporter::symbolic_tensor && py::hasattr(other, "op")) {
      return py::bool_(is_compatible(state.spec, spec_of_symbolic_tensor(other)));
    }
    return py::bool_(accepts_value(state, other));
  });
}

PyObject* is_subtype_of(PyObject* self, PyObject* other) {
  return guarded(
      [&] { return py::bool_(is_tensor_spec(other) && is_subtype(Type::state(self).spec, tensor_spec_of(other))); });
}

PyObject* most_specific_common_supertype(PyObject* self, PyObject* others) {
  return guarded([&]() -> py::object {
    std::optional<TensorSpec> common = Type::state(self).spec;
    for (const py::handle other : py::iter(others)) {
      if (!is_tensor_spec(other)) return py::none();
      common = common_supertype(*common, tensor_spec_of(other));
      if (!common) return py::none();
    }
    return new_tensor_spec(std::move(*common));
  });
}

py::object dim_object(const Dim& dim) {
  if (dim.size) return py::int_(*dim.size);
  if (dim.name.empty()) return py::none();
  return py::str(dim.name);
}

py::object shape_object(const Shape& shape) {
  if (!shape.rank_known()) return py::none();
  py::tuple out(shape.dims().size());
  for (std::size_t axis = 0; axis < shape.dims().size(); ++axis) out[axis] = dim_object(shape.dims()[axis]);
  return out;
}

PyObject* get_shape(PyObject* self, void*) {
  return guarded([&] { return shape_object(Type::state(self).spec.shape); });
}

PyObject* get_dtype(PyObject* self, void*) {
  return guarded([&] { return py::str(std::string(name(Type::state(self).spec.dtype))); });
}

PyObject* get_name(PyObject* self, void*) {
  return guarded([&] { return py::cast(Type::state(self).spec.name); });
}

PyObject* get_optional(PyObject* self, void*) {
  return guarded([&] { return py::bool_(Type::state(self).spec.optional); });
}

PyObject* get_default(PyObject* self, void*) {
  return guarded([&]() -> py::object {
    const auto& value = Type::state(self).spec.default_value;
    return value ? to_array(*value) : py::none();
  });
}

PyObject* repr(PyObject* self) {
  return guarded([&] {
    const TensorSpec& spec = Type::state(self).spec;
    const auto shown = [](const py::object& object) { return py::repr(object).cast<std::string>(); };
    std::string out =
        "TensorSpec(shape=" + shown(shape_object(spec.shape)) + ", dtype='" + std::string(name(spec.dtype)) + "'";
    if (spec.name) out += ", name=" + shown(py::str(*spec.name));
    if (spec.default_value) {
      out += ", default=" + value_repr(*spec.default_value);
    } else if (spec.optional) {
      out += ", optional=True";
    }
    return py::str(out + ")");
  });
}

PyObject* reduce(PyObject* self, PyObject*) {
  return guarded([&] {
    const TensorSpec& spec = Type::state(self).spec;
    py::dict kwargs;
    if (spec.default_value) {
      kwargs["default"] = to_array(*spec.default_value);
    } else if (spec.optional) {
      kwargs["optional"] = true;
    }
    const py::object args = py::make_tuple(shape_object(spec.shape), std::string(name(spec.dtype)), spec.name);
    return reduced(self, args, kwargs);
  });
}

PyMethodDef kMethods[] = {
    {"check", check, METH_O,
     "check($self, value, /)\n--\n\n"
     "Return None if `value` is a tensor of this spec; raise ValidationError with every violation if not.\n\n"
     ">>> import numpy as np\n"
     ">>> TensorSpec((None, 3)).check(np.zeros((2, 3), np.float32))\n"},
    {"accepts", accepts, METH_O,
     "accepts($self, value, /)\n--\n\n"
     "Return whether `check` would pass. Never raises for bad data.\n\n"
     ">>> TensorSpec((None, 3)).accepts([[1.0, 2.0, 3.0]])  # a list is no tensor\n"
     "False\n"},
    {"violations", violations, METH_O,
     "violations($self, value, /)\n--\n\n"
     "Return a list of everything that is wrong with `value`.\n\n"
     ">>> import numpy as np\n"
     ">>> [str(v) for v in TensorSpec((None, 3)).violations(np.zeros((2, 4)))]\n"
     "[\"input  dtype: expected float32, got float64; float64 is NumPy's default: cast it to float32\", "
     "'input  dim: expected [None, 3], got [2, 4]']\n"},
    {"is_compatible_with", is_compatible_with, METH_O,
     "is_compatible_with($self, spec_or_value, /)\n--\n\n"
     "Return whether some tensor satisfies both specs, or whether `accepts` takes the value.\n\n"
     "As tf.TensorSpec.is_compatible_with: symmetric, not transitive; unknown dimensions match anything and names do\n"
     "not count. A tf.Tensor of a graph is judged by what is known of its shape.\n\n"
     ">>> TensorSpec((None, 3)).is_compatible_with(TensorSpec((2, None)))\n"
     "True\n"},
    {"is_subtype_of", is_subtype_of, METH_O,
     "is_subtype_of($self, other, /)\n--\n\n"
     "Return whether every tensor of this spec is one of `other`, as tf.TensorSpec.is_subtype_of with its rule for\n"
     "names: a named spec is a subtype only of one with the same name, an unnamed one whatever the other's name.\n"
     "On a lone spec a dimension's name counts as None.\n\n"
     ">>> TensorSpec((2, 3)).is_subtype_of(TensorSpec((None, 3)))\n"
     "True\n"},
    {"most_specific_common_supertype", most_specific_common_supertype, METH_O,
     "most_specific_common_supertype($self, others, /)\n--\n\n"
     "Return the narrowest spec that takes every tensor of this one and of `others`, or None where dtypes or names\n"
     "differ, as tf.TensorSpec.most_specific_common_supertype.\n\n"
     ">>> TensorSpec((1, 2)).most_specific_common_supertype([TensorSpec((3, 2))])\n"
     "TensorSpec(shape=(None, 2), dtype='float32')\n"},
    {"__reduce__", reduce, METH_NOARGS, "Pickle by the arguments that make an equal spec."},
    {"__copy__", return_self, METH_NOARGS, "Return self: a spec can't change."},
    {"__deepcopy__", return_self, METH_O, "Return self: a spec can't change."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef kProperties[] = {
    {"shape", get_shape, nullptr,
     "A tuple of int, None (any size) and str (one size wherever it stands); None: any rank.", nullptr},
    {"dtype", get_dtype, nullptr, "TensorFlow's name of the dtype.", nullptr},
    {"name", get_name, nullptr, "The tensor's name, or None.", nullptr},
    {"optional", get_optional, nullptr, "Whether a batch may leave the tensor out.", nullptr},
    {"default", get_default, nullptr, "A read-only array that stands in for an absent tensor, or None.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

constexpr const char* kDoc =
    "TensorSpec(shape, dtype='float32', name=None, *, optional=False, default=<no default>)\n--\n\n"
    "The contract of one tensor.\n\n"
    "shape: a sequence of dimensions, or None for an unknown rank. A dimension is an int, None (any size) or a str\n"
    "    (the same size wherever the name stands in one batch).\n"
    "dtype: a name, a NumPy dtype, an ml_dtypes type or a tf.DType; names mean what they mean to TensorFlow.\n"
    "name: kept, compared and never looked at by `check`.\n"
    "optional: whether a batch may leave the tensor out.\n"
    "default: what stands in for it then; implies optional. Must be a tensor of this spec.\n\n"
    "Raises TypeError or ValueError where an argument can't be met: a dimension that is negative, over 2**63 - 1, a\n"
    "bool or a float; a dtype that TensorFlow lacks, or a reference type. Immutable and hashable.\n\n"
    ">>> TensorSpec(('batch', None, 3), 'int64', name='ids')\n"
    "TensorSpec(shape=('batch', None, 3), dtype='int64', name='ids')\n";

}  // namespace

py::object make_tensor_spec_type() {
  return Type::create(
      {.name = "tensorgate.TensorSpec",
       .doc = kDoc,
       .construct = construct,
       .repr = repr,
       .methods = kMethods,
       .properties = kProperties},
      [](const State& a, const State& b) { return a.spec == b.spec; },
      [](const State& state) { return hash(state.spec); });
}

bool is_tensor_spec(py::handle object) { return Type::is(object); }

const TensorSpec& tensor_spec_of(py::handle object) { return Type::state(object.ptr()).spec; }

py::object new_tensor_spec(TensorSpec spec) { return Type::make(Type::type, std::move(spec)); }

}  // namespace tensorgate::python
