#include "python/spec_type.h"

#include <pybind11/stl.h>

#include "core/errors.h"
#include "core/signature.h"
#include "core/text.h"
#include "python/arguments.h"
#include "python/composite_tensor.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/gate.h"
#include "python/raw_type.h"
#include "python/spec_arguments.h"
#include "python/tensor_value_array.h"
#include "python/tensorflow_tensor.h"

namespace tensorgate::python {
namespace {

template <Encoding E>
struct State {
  explicit State(TensorSpec given) : spec(std::move(given)), plan(Nest::of(spec)), tensor(plan.tensors()[0]) {}

  TensorSpec spec;
  Plan plan;
  ArrayPlan tensor;
};

template <Encoding E>
using Type = RawType<State<E>>;

template <Encoding E>
constexpr const char* kTypeName = E == Encoding::dense    ? "TensorSpec"
                                  : E == Encoding::ragged ? "RaggedTensorSpec"
                                                          : "SparseTensorSpec";

std::string subject(const TensorSpec& spec, const char* type_name) {
  return std::string(type_name) + " " + (spec.name ? quoted(*spec.name) + ", " : "") + text(spec);
}

// The contract of a lone tensor contradicts itself in the same ways as a batch's.
TensorSpec consistent(TensorSpec spec) {
  require_consistent(spec);
  require_consistent(Nest::of(spec), "the shape");
  drop_empty_bounds(spec.rules);
  require_consistent(spec);
  return spec;
}

template <Encoding E>
bool spec_matches(const State<E>& state, PyObject* value) {
  if (E != Encoding::dense) return false;
  Bindings bindings(state.plan);
  return value_matches(value, state.tensor, bindings) && state.plan.allows(bindings.data());
}

template <Encoding E>
void inspect(const State<E>& state, py::handle value, Violations& out) {
  Inspection inspection(state.plan, out);
  inspect_leaf(value, 0, state.spec, "input", inspection);
}

// Out of line, so that a check that passes sets up no frame for what is said on failure.
template <Encoding E>
[[gnu::noinline]] PyObject* check_slowly(const State<E>& state, PyObject* value) {
  Violations found(kMaxKeptViolations);
  inspect(state, value, found);
  if (!found.empty()) throw_validation_error(subject(state.spec, kTypeName<E>), found);
  return Py_NewRef(Py_None);
}

template <Encoding E>
PyObject* check(PyObject* self, PyObject* value) {
  const State<E>& state = Type<E>::state(self);
  return guarded<PyObject*>(nullptr, [&] {
    if (spec_matches(state, value)) [[likely]]
      return Py_NewRef(Py_None);
    return check_slowly(state, value);
  });
}

template <Encoding E>
bool accepts_value(const State<E>& state, PyObject* value) {
  if (spec_matches(state, value)) return true;
  if (E == Encoding::dense) return false;
  Violations found(1);
  inspect(state, value, found);
  return found.empty();
}

template <Encoding E>
PyObject* accepts(PyObject* self, PyObject* value) {
  return guarded<PyObject*>(nullptr,
                            [&] { return Py_NewRef(accepts_value(Type<E>::state(self), value) ? Py_True : Py_False); });
}

template <Encoding E>
PyObject* violations(PyObject* self, PyObject* value) {
  return guarded([&] {
    Violations found;
    inspect(Type<E>::state(self), value, found);
    return py::cast(found.kept());
  });
}

template <Encoding E>
PyObject* is_compatible_with(PyObject* self, PyObject* other) {
  return guarded([&] {
    const State<E>& state = Type<E>::state(self);
    if (const TensorSpec* spec = spec_of(other)) return py::bool_(is_compatible(state.spec, *spec));
    if (exporter_of(other) == Exporter::symbolic_tensor && py::hasattr(other, "op")) {
      return py::bool_(is_compatible(state.spec, spec_of_symbolic_tensor(other)));
    }
    return py::bool_(accepts_value(state, other));
  });
}

template <Encoding E>
PyObject* is_subtype_of(PyObject* self, PyObject* other) {
  return guarded([&] {
    const TensorSpec* spec = spec_of(other);
    return py::bool_(spec != nullptr && is_subtype(Type<E>::state(self).spec, *spec));
  });
}

template <Encoding E>
PyObject* most_specific_common_supertype(PyObject* self, PyObject* others) {
  return guarded([&]() -> py::object {
    std::optional<TensorSpec> common = Type<E>::state(self).spec;
    for (const py::handle other : py::iter(others)) {
      const TensorSpec* spec = spec_of(other);
      if (spec == nullptr) return py::none();
      common = common_supertype(*common, *spec);
      if (!common) return py::none();
    }
    return spec_object(std::move(*common));
  });
}

// A property by what it takes from the spec.
template <Encoding E, auto get>
PyObject* property(PyObject* self, void*) {
  return guarded([&] { return py::object(get(Type<E>::state(self).spec)); });
}

py::object value_object(const std::optional<TensorValue>& value) { return value ? to_array(*value) : py::none(); }

template <Encoding E>
PyObject* repr(PyObject* self) {
  return guarded([&] {
    const TensorSpec& spec = Type<E>::state(self).spec;
    const auto shown = [](const py::object& object) { return py::repr(object).cast<std::string>(); };
    std::string out = std::string(kTypeName<E>) + "(shape=" + shown(shape_object(spec.shape)) + ", dtype='" +
                      std::string(name(spec.dtype)) + "'";
    if (E == Encoding::ragged) {
      out += ", ragged_rank=" + std::to_string(spec.ragged_rank);
      if (spec.row_splits_dtype != DType::int64) {
        out += ", row_splits_dtype='" + std::string(name(spec.row_splits_dtype)) + "'";
      }
    }
    if (spec.name) out += ", name=" + shown(py::str(*spec.name));
    out += rule_reprs(spec);
    if (spec.default_value) {
      out += ", default=" + value_repr(*spec.default_value);
    } else if (spec.optional) {
      out += ", optional=True";
    }
    return py::str(out + ")");
  });
}

template <Encoding E>
PyObject* reduce(PyObject* self, PyObject*) {
  return guarded([&] {
    const TensorSpec& spec = Type<E>::state(self).spec;
    py::dict kwargs = rule_arguments(spec);
    kwargs["name"] = spec.name;
    if (E == Encoding::ragged) {
      kwargs["ragged_rank"] = spec.ragged_rank;
      kwargs["row_splits_dtype"] = std::string(name(spec.row_splits_dtype));
    }
    if (spec.default_value) {
      kwargs["default"] = to_array(*spec.default_value);
    } else if (spec.optional) {
      kwargs["optional"] = true;
    }
    return reduced(self, py::make_tuple(shape_object(spec.shape), std::string(name(spec.dtype))), kwargs);
  });
}

PyObject* construct_dense(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    SpecArguments given;
    PyObject* default_value = nullptr;
    static const char* const kNames[] = {"shape",  "dtype",     "name", "minimum",  "maximum", "finite",
                                         "one_of", "max_bytes", "utf8", "optional", "default", nullptr};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO$OOpOOppO:TensorSpec", const_cast<char**>(kNames), &given.shape,
                                     &given.dtype, &given.name, &given.minimum, &given.maximum, &given.finite,
                                     &given.one_of, &given.max_bytes, &given.utf8, &given.optional, &default_value)) {
      throw py::error_already_set();
    }
    TensorSpec spec = spec_argument(given, {});
    if (default_value != nullptr) {
      spec.default_value = default_argument(default_value, spec);
      spec.optional = true;
    }
    return Type<Encoding::dense>::make(type, consistent(std::move(spec)));
  });
}

PyObject* construct_ragged(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    SpecArguments given;
    PyObject* ragged_rank = Py_None;
    PyObject* row_splits_dtype = nullptr;
    static const char* const kNames[] = {"shape",   "dtype",    "ragged_rank", "row_splits_dtype", "name",
                                         "minimum", "maximum",  "finite",      "one_of",           "max_bytes",
                                         "utf8",    "optional", nullptr};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOO$OOpOOpp:RaggedTensorSpec", const_cast<char**>(kNames),
                                     &given.shape, &given.dtype, &ragged_rank, &row_splits_dtype, &given.name,
                                     &given.minimum, &given.maximum, &given.finite, &given.one_of, &given.max_bytes,
                                     &given.utf8, &given.optional)) {
      throw py::error_already_set();
    }
    TensorSpec spec = spec_argument(given, {.encoding = Encoding::ragged});
    if (ragged_rank != Py_None) {
      const std::int64_t rank = size_argument(ragged_rank, "ragged_rank");
      if (rank < 1 || rank > static_cast<std::int64_t>(kMaxRank)) {
        throw InvalidInput("ragged_rank is " + std::to_string(rank) + "; it must be 1 to " + std::to_string(kMaxRank));
      }
      spec.ragged_rank = static_cast<std::int32_t>(rank);
    } else if (!spec.shape.rank_known()) {
      throw InvalidInput("ragged_rank must be given where the shape is of unknown rank");
    } else {
      if (spec.shape.dims().size() < 2) throw InvalidInput("a ragged tensor has a rank of 2 at least");
      spec.ragged_rank = static_cast<std::int32_t>(spec.shape.dims().size()) - 1;
    }
    if (row_splits_dtype != nullptr) {
      spec.row_splits_dtype = dtype_argument(row_splits_dtype);
      if (spec.row_splits_dtype != DType::int64 && spec.row_splits_dtype != DType::int32) {
        throw InvalidInput("row_splits_dtype is " + std::string(name(spec.row_splits_dtype)) +
                           "; it must be int64 or int32");
      }
    }
    return Type<Encoding::ragged>::make(type, consistent(std::move(spec)));
  });
}

PyObject* construct_sparse(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    SpecArguments given;
    static const char* const kNames[] = {"shape",  "dtype",     "name", "minimum",  "maximum", "finite",
                                         "one_of", "max_bytes", "utf8", "optional", nullptr};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO$OOpOOpp:SparseTensorSpec", const_cast<char**>(kNames),
                                     &given.shape, &given.dtype, &given.name, &given.minimum, &given.maximum,
                                     &given.finite, &given.one_of, &given.max_bytes, &given.utf8, &given.optional)) {
      throw py::error_already_set();
    }
    return Type<Encoding::sparse>::make(type, consistent(spec_argument(given, {.encoding = Encoding::sparse})));
  });
}

// The docstrings are told in the words of TensorSpec; the other types' methods do the same for their tensors.
template <Encoding E>
PyMethodDef kMethods[] = {
    {"check", check<E>, METH_O,
     "check($self, value, /)\n--\n\n"
     "Return None if `value` is a tensor of this spec; raise ValidationError with every violation if not.\n\n"
     ">>> import numpy as np\n"
     ">>> TensorSpec((None, 3)).check(np.zeros((2, 3), np.float32))\n"},
    {"accepts", accepts<E>, METH_O,
     "accepts($self, value, /)\n--\n\n"
     "Return whether `check` would pass. Never raises for bad data.\n\n"
     ">>> TensorSpec((None, 3)).accepts([[1.0, 2.0, 3.0]])  # a list is no tensor\n"
     "False\n"},
    {"violations", violations<E>, METH_O,
     "violations($self, value, /)\n--\n\n"
     "Return a list of everything that is wrong with `value`.\n\n"
     ">>> import numpy as np\n"
     ">>> [str(v) for v in TensorSpec((None, 3)).violations(np.zeros((2, 4)))]\n"
     "[\"input  dtype: expected float32, got float64; float64 is NumPy's default: cast it to float32\", "
     "'input  dim: expected [None, 3], got [2, 4]']\n"},
    {"is_compatible_with", is_compatible_with<E>, METH_O,
     "is_compatible_with($self, spec_or_value, /)\n--\n\n"
     "Return whether some tensor satisfies both specs, or whether `accepts` takes the value.\n\n"
     "As tf.TensorSpec.is_compatible_with: symmetric, not transitive; unknown dimensions match anything and names do\n"
     "not count. A tf.Tensor of a graph is judged by what is known of its shape.\n\n"
     ">>> TensorSpec((None, 3)).is_compatible_with(TensorSpec((2, None)))\n"
     "True\n"},
    {"is_subtype_of", is_subtype_of<E>, METH_O,
     "is_subtype_of($self, other, /)\n--\n\n"
     "Return whether every tensor of this spec is one of `other`, as tf.TensorSpec.is_subtype_of with its rule for\n"
     "names: a named spec is a subtype only of one with the same name, an unnamed one whatever the other's name.\n"
     "What a dimension's name requires to be equal here, this spec must require too, by whatever name.\n\n"
     ">>> TensorSpec((2, 3)).is_subtype_of(TensorSpec((None, 3)))\n"
     "True\n"},
    {"most_specific_common_supertype", most_specific_common_supertype<E>, METH_O,
     "most_specific_common_supertype($self, others, /)\n--\n\n"
     "Return the narrowest spec that takes every tensor of this one and of `others`, or None where dtypes or names\n"
     "differ, as tf.TensorSpec.most_specific_common_supertype.\n\n"
     ">>> TensorSpec((1, 2)).most_specific_common_supertype([TensorSpec((3, 2))])\n"
     "TensorSpec(shape=(None, 2), dtype='float32')\n"},
    {"__reduce__", reduce<E>, METH_NOARGS, "Pickle by the arguments that make an equal spec."},
    {"__copy__", return_self, METH_NOARGS, "Return self: a spec can't change."},
    {"__deepcopy__", return_self, METH_O, "Return self: a spec can't change."},
    {nullptr, nullptr, 0, nullptr},
};

template <Encoding E>
PyGetSetDef kProperties[] = {
    {"shape", property<E, [](const TensorSpec& spec) { return shape_object(spec.shape); }>, nullptr,
     "A tuple of int, None (any size), str (one size wherever it stands) and Dim; None: any rank.", nullptr},
    {"dtype", property<E, [](const TensorSpec& spec) { return py::str(std::string(name(spec.dtype))); }>, nullptr,
     "TensorFlow's name of the dtype.", nullptr},
    {"name", property<E, [](const TensorSpec& spec) { return py::cast(spec.name); }>, nullptr,
     "The tensor's name, or None.", nullptr},
    {"minimum", property<E, [](const TensorSpec& spec) { return value_object(spec.rules.minimum); }>, nullptr,
     "A read-only array that no element may be below, or None.", nullptr},
    {"maximum", property<E, [](const TensorSpec& spec) { return value_object(spec.rules.maximum); }>, nullptr,
     "A read-only array that no element may be above, or None.", nullptr},
    {"finite", property<E, [](const TensorSpec& spec) { return py::bool_(spec.rules.finite); }>, nullptr,
     "Whether every element must be finite.", nullptr},
    {"one_of", property<E, [](const TensorSpec& spec) { return value_object(spec.rules.one_of); }>, nullptr,
     "A read-only array of the values that an element may have, or None.", nullptr},
    {"max_bytes", property<E, [](const TensorSpec& spec) { return py::cast(spec.rules.max_bytes); }>, nullptr,
     "The most bytes that a string may have, or None.", nullptr},
    {"utf8", property<E, [](const TensorSpec& spec) { return py::bool_(spec.rules.utf8); }>, nullptr,
     "Whether every string must be UTF-8.", nullptr},
    {"optional", property<E, [](const TensorSpec& spec) { return py::bool_(spec.optional); }>, nullptr,
     "Whether a batch may leave the tensor out.", nullptr},
    {E == Encoding::dense    ? "default"
     : E == Encoding::ragged ? "ragged_rank"
                             : nullptr,
     property<E,
              [](const TensorSpec& spec) -> py::object {
                if (E == Encoding::ragged) return py::int_(spec.ragged_rank);
                return value_object(spec.default_value);
              }>,
     nullptr,
     E == Encoding::dense ? "A read-only array that stands in for an absent tensor, or None."
                          : "How many dimensions after the first are ragged.",
     nullptr},
    {E == Encoding::ragged ? "row_splits_dtype" : nullptr,
     property<E, [](const TensorSpec& spec) { return py::str(std::string(name(spec.row_splits_dtype))); }>, nullptr,
     "The dtype of row_splits: 'int64' or 'int32'.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

constexpr const char* kDenseDoc =
    "TensorSpec(shape, dtype='float32', name=None, *, minimum=None, maximum=None, finite=False, one_of=None, "
    "max_bytes=None, utf8=False, optional=False, default=<no default>)\n--\n\n"
    "The contract of one tensor.\n\n"
    "shape: a sequence of dimensions, or None for an unknown rank. A dimension is an int, None (any size), a str\n"
    "    (the same size wherever the name stands in one batch) or a Dim.\n"
    "dtype: a name, a NumPy dtype, an ml_dtypes type or a tf.DType; names mean what they mean to TensorFlow.\n"
    "name: kept, compared and never looked at by `check`.\n"
    "minimum, maximum: what no element may be below, or above: a scalar, or an array that broadcasts against the\n"
    "    shape, as in TensorFlow's BoundedTensorSpec (which never checks them). NaN satisfies neither.\n"
    "finite: whether infinities and NaN are refused.\n"
    "one_of: the values that an element may have.\n"
    "max_bytes, utf8: the most bytes of a string, in UTF-8 where it is a str; whether bytes must be UTF-8.\n"
    "optional: whether a batch may leave the tensor out.\n"
    "default: what stands in for it then; implies optional. Must be a tensor of this spec.\n\n"
    "Raises TypeError or ValueError where an argument can't be met: a dimension that is negative, over 2**63 - 1, a\n"
    "bool or a float; a dtype that TensorFlow lacks, or a reference type; rules that contradict each other, the dtype\n"
    "or the shape. Immutable and hashable.\n\n"
    ">>> TensorSpec(('batch', None, 3), 'int64', name='ids', minimum=0)\n"
    "TensorSpec(shape=('batch', None, 3), dtype='int64', name='ids', minimum=0)\n";

constexpr const char* kRaggedDoc =
    "RaggedTensorSpec(shape, dtype='float32', ragged_rank=None, row_splits_dtype='int64', name=None, *, minimum=None, "
    "maximum=None, finite=False, one_of=None, max_bytes=None, utf8=False, optional=False)\n--\n\n"
    "The contract of one ragged tensor: a tf.RaggedTensor, or a dict of its parts, values and row_splits.\n\n"
    "shape: as of tf.RaggedTensorSpec: rows, ragged dimensions, then those of each value. A size, or a Dim's rules, "
    "in\n"
    "    a ragged dimension hold for the length of every row; a name there stands for the same lengths wherever it\n"
    "    occurs.\n"
    "ragged_rank: how many dimensions after the first are ragged; all of them where it is None.\n"
    "row_splits_dtype: 'int64' or 'int32'.\n"
    "Everything else is as in TensorSpec; bounds are scalars.\n\n"
    "row_splits must start at 0, never fall and end at the number of values, which TensorFlow leaves unchecked.\n"
    "Raises TypeError or ValueError where an argument can't be met. Immutable and hashable.\n\n"
    ">>> import numpy as np\n"
    ">>> spec = RaggedTensorSpec(('batch', Dim(max=2)), 'int64')\n"
    ">>> spec.accepts({'values': np.array([7, 8, 9]), 'row_splits': np.array([0, 2, 3])})\n"
    "True\n"
    ">>> [str(v) for v in spec.violations({'values': np.array([7, 8, 9]), 'row_splits': np.array([0, 3])})]\n"
    "['input  dim: expected rows of length None (at most 2) along axis 1, got 3']\n";

constexpr const char* kSparseDoc =
    "SparseTensorSpec(shape, dtype='float32', name=None, *, minimum=None, maximum=None, finite=False, one_of=None, "
    "max_bytes=None, utf8=False, optional=False)\n--\n\n"
    "The contract of one sparse tensor: a tf.SparseTensor, or a dict of its parts, indices, values and dense_shape.\n\n"
    "shape: what dense_shape must satisfy.\n"
    "Everything else is as in TensorSpec; bounds are scalars, and hold for the values that are there.\n\n"
    "indices must lie within dense_shape, in row-major order and each once, which TensorFlow leaves unchecked.\n"
    "Raises TypeError or ValueError where an argument can't be met. Immutable and hashable.\n\n"
    ">>> import numpy as np\n"
    ">>> parts = {'indices': np.array([[0, 5]]), 'values': np.ones(1, np.float32), 'dense_shape': np.array([2, 3])}\n"
    ">>> [str(v) for v in SparseTensorSpec((None, 3)).violations(parts)]\n"
    "['input.indices  sparse_indices: expected indices within [2, 3], got [0, 5] at [0]']\n";

template <Encoding E>
py::object make_type(const char* type_name, const char* doc, newfunc construct) {
  return Type<E>::create(
      {.name = type_name,
       .doc = doc,
       .construct = construct,
       .repr = repr<E>,
       .methods = kMethods<E>,
       .properties = kProperties<E>},
      [](const State<E>& a, const State<E>& b) { return a.spec == b.spec; },
      [](const State<E>& state) { return hash(state.spec); });
}

}  // namespace

py::object make_tensor_spec_type() {
  return make_type<Encoding::dense>("tensorgate.TensorSpec", kDenseDoc, construct_dense);
}

py::object make_ragged_tensor_spec_type() {
  return make_type<Encoding::ragged>("tensorgate.RaggedTensorSpec", kRaggedDoc, construct_ragged);
}

py::object make_sparse_tensor_spec_type() {
  return make_type<Encoding::sparse>("tensorgate.SparseTensorSpec", kSparseDoc, construct_sparse);
}

const TensorSpec* spec_of(py::handle object) {
  if (Type<Encoding::dense>::is(object)) return &Type<Encoding::dense>::state(object.ptr()).spec;
  if (Type<Encoding::ragged>::is(object)) return &Type<Encoding::ragged>::state(object.ptr()).spec;
  if (Type<Encoding::sparse>::is(object)) return &Type<Encoding::sparse>::state(object.ptr()).spec;
  return nullptr;
}

py::object spec_object(TensorSpec spec) {
  switch (spec.encoding) {
    case Encoding::ragged:
      return Type<Encoding::ragged>::make(Type<Encoding::ragged>::type, std::move(spec));
    case Encoding::sparse:
      return Type<Encoding::sparse>::make(Type<Encoding::sparse>::type, std::move(spec));
    default:
      return Type<Encoding::dense>::make(Type<Encoding::dense>::type, std::move(spec));
  }
}

}  // namespace tensorgate::python
