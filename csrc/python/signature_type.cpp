#include "python/signature_type.h"

#include <pybind11/stl.h>

#include <array>
#include <memory>

#include "core/fingerprint.h"
#include "core/text.h"
#include "python/arguments.h"
#include "python/batch.h"
#include "python/batch_key.h"
#include "python/batch_spec.h"
#include "python/collation.h"
#include "python/errors.h"
#include "python/nest_object.h"
#include "python/python_method.h"
#include "python/raw_type.h"
#include "python/rows.h"
#include "python/saved_model_query.h"

namespace tensorgate::python {
namespace {

struct State {
  explicit State(Signature given) : signature(std::move(given)), gate(signature.inputs) {}

  Signature signature;
  BatchGate gate;
  mutable std::array<std::unique_ptr<const Collator>, 2> collators;  // without padding and with
};

using Type = RawType<State>;

std::string subject(const Signature& signature) {
  std::string out = "signature " + quoted(signature.name);
  if (!signature.source.empty()) out += " (" + path_text(signature.source) + ")";
  return out;
}

PyObject* construct(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    PyObject* inputs = nullptr;
    PyObject* outputs = Py_None;
    PyObject* name = nullptr;
    PyObject* method_name = nullptr;
    PyObject* batch_dim = Py_None;
    PyObject* source = nullptr;
    static const char* const kNames[] = {"inputs", "outputs", "name", "method_name", "batch_dim", "source", nullptr};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O$OOOO:Signature", const_cast<char**>(kNames), &inputs, &outputs,
                                     &name, &method_name, &batch_dim, &source)) {
      throw py::error_already_set();
    }
    Signature signature;
    signature.inputs = nest_argument(inputs, "inputs");
    if (outputs != Py_None) signature.outputs = nest_argument(outputs, "outputs");
    if (name != nullptr) signature.name = string_argument(name, "name");
    if (method_name != nullptr) signature.method_name = string_argument(method_name, "method_name");
    if (batch_dim != Py_None) signature.batch_dim = dim_name_argument(batch_dim);
    if (source != nullptr) signature.source = string_argument(source, "source");
    require_consistent(signature);
    return Type::make(type, std::move(signature));
  });
}

// A name, or a Dim with one.
Dim batch_dim_argument(py::handle value) {
  if (!py::isinstance<Dim>(value)) return {.name = dim_name_argument(value)};
  Dim dim = value.cast<const Dim&>();
  if (dim.name.empty()) throw py::value_error("batch_dim is a Dim without a name");
  return dim;
}

PyObject* from_saved_model(PyObject*, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    PyObject* path = nullptr;
    PyObject* signature = nullptr;
    PyObject* version = Py_None;
    PyObject* tags = nullptr;
    PyObject* batch_dim = Py_None;
    PyObject* except = nullptr;
    static const char* const kNames[] = {"path",      "signature",        "version", "tags",
                                         "batch_dim", "batch_dim_except", nullptr};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOOOO:from_saved_model", const_cast<char**>(kNames), &path,
                                     &signature, &version, &tags, &batch_dim, &except)) {
      throw py::error_already_set();
    }
    const serving::SavedModelQuery query = saved_model_query(path, version, tags);
    Signature loaded = serving::load_signature(
        query, signature == nullptr ? "serving_default" : string_argument(signature, "signature"));
    if (batch_dim != Py_None) {
      name_batch_dim(loaded, batch_dim_argument(batch_dim), strings_argument(except, "batch_dim_except"));
    } else if (!strings_argument(except, "batch_dim_except").empty()) {
      throw py::value_error("batch_dim_except without batch_dim");
    }
    return new_signature(std::move(loaded));
  });
}

// Out of line, so that a check that passes sets up no frame for what is said on failure.
[[gnu::noinline]] PyObject* check_slowly(const State& state, PyObject* batch) {
  Violations found(kMaxKeptViolations);
  state.gate.inspect(batch, state.signature.inputs, found);
  if (!found.empty()) throw_validation_error(subject(state.signature), found);
  return Py_NewRef(Py_None);
}

PyObject* check(PyObject* self, PyObject* batch) {
  const State& state = Type::state(self);
  return guarded<PyObject*>(nullptr, [&] {
    if (state.gate.judge(batch) == BatchGate::Verdict::accepted) [[likely]]
      return Py_NewRef(Py_None);
    return check_slowly(state, batch);
  });
}

PyObject* accepts(PyObject* self, PyObject* batch) {
  const State& state = Type::state(self);
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const BatchGate::Verdict verdict = state.gate.judge(batch);
    if (verdict != BatchGate::Verdict::unsure) return PyBool_FromLong(verdict == BatchGate::Verdict::accepted);
    Violations found(1);
    state.gate.inspect(batch, state.signature.inputs, found);
    return PyBool_FromLong(found.empty());
  });
}

PyObject* violations(PyObject* self, PyObject* batch) {
  const State& state = Type::state(self);
  return guarded([&] {
    Violations found;
    state.gate.inspect(batch, state.signature.inputs, found);
    return py::cast(found.kept());
  });
}

PyObject* get_inputs(PyObject* self, void*) {
  return guarded([&] { return nest_object(Type::state(self).signature.inputs, true); });
}

PyObject* get_outputs(PyObject* self, void*) {
  return guarded([&]() -> py::object {
    const auto& outputs = Type::state(self).signature.outputs;
    return outputs ? nest_object(*outputs, true) : py::none();
  });
}

PyObject* get_name(PyObject* self, void*) {
  return guarded([&] { return py::str(Type::state(self).signature.name); });
}

PyObject* get_method_name(PyObject* self, void*) {
  return guarded([&] { return py::str(Type::state(self).signature.method_name); });
}

PyObject* get_batch_dim(PyObject* self, void*) {
  return guarded([&]() -> py::object {
    const std::string& name = Type::state(self).signature.batch_dim;
    return name.empty() ? py::object(py::none()) : py::str(name);
  });
}

PyObject* get_fingerprint(PyObject* self, void*) {
  return guarded([&] { return py::str(fingerprint(Type::state(self).signature)); });
}

PyObject* get_source(PyObject* self, void*) {
  return guarded([&] { return py::str(Type::state(self).signature.source); });
}

PyObject* repr(PyObject* self) {
  return guarded([&] {
    const Signature& signature = Type::state(self).signature;
    const auto shown = [](const py::object& object) { return py::repr(object).cast<std::string>(); };
    std::string out = "Signature(" + shown(nest_object(signature.inputs, false));
    if (signature.outputs) out += ", " + shown(nest_object(*signature.outputs, false));
    if (signature.name != Signature().name) out += ", name=" + shown(py::str(signature.name));
    if (!signature.method_name.empty()) out += ", method_name=" + shown(py::str(signature.method_name));
    if (!signature.batch_dim.empty()) out += ", batch_dim=" + shown(py::str(signature.batch_dim));
    return py::str(out + ")");
  });
}

// The relations are those of the inputs.
PyObject* is_compatible_with(PyObject* self, PyObject* other) {
  if (Type::is(other)) {
    return guarded([&] { return py::bool_(is_compatible(Type::state(self).signature, Type::state(other).signature)); });
  }
  return accepts(self, other);
}

PyObject* is_subtype_of(PyObject* self, PyObject* other) {
  return guarded([&] {
    return py::bool_(Type::is(other) && is_subtype(Type::state(self).signature, Type::state(other).signature));
  });
}

PyObject* most_specific_common_supertype(PyObject* self, PyObject* others) {
  return guarded([&]() -> py::object {
    std::optional<Signature> common = Type::state(self).signature;
    for (const py::handle other : py::iter(others)) {
      if (!Type::is(other)) return py::none();
      common = common_supertype(*common, Type::state(other.ptr()).signature);
      if (!common) return py::none();
    }
    return new_signature(std::move(*common));
  });
}

PyObject* flatten(PyObject* self, PyObject* batch) {
  return guarded([&]() -> py::object {
    const State& state = Type::state(self);
    const auto leaves = state.gate.flatten(batch, state.signature.inputs);
    if (!leaves) {
      Violations found(kMaxKeptViolations);
      state.gate.inspect(batch, state.signature.inputs, found);
      throw_validation_error(subject(state.signature), found);
    }
    py::list out;
    for (const BatchGate::Leaf& leaf : *leaves) out.append(leaf.value ? leaf.value : py::none());
    return out;
  });
}

PyObject* find_bad_rows(PyObject* self, PyObject* batch) {
  return guarded([&] {
    const State& state = Type::state(self);
    RowReport report = bad_rows(state.gate, state.signature, batch);
    if (!report.violations.empty()) throw_validation_error(subject(state.signature), report.violations);
    return report.bad;
  });
}

PyObject* key_of_batch(PyObject*, PyObject* batch) {
  return guarded<PyObject*>(nullptr, [&] { return PyLong_FromUnsignedLongLong(batch_key(batch)); });
}

PyObject* spec_of_batch(PyObject*, PyObject* batch) {
  return guarded([&] { return batch_spec(batch); });
}

constexpr PythonFunction kSplit{"tensorgate.rows", "split"};
constexpr PythonFunction kCheckMany{"tensorgate.requests", "check_many"};
constexpr PythonFunction kCollate{"tensorgate.collation", "collate"};
constexpr PythonFunction kConform{"tensorgate.conform", "conform"};
constexpr PythonFunction kToJson{"tensorgate.contract_json", "to_json"};
constexpr PythonFunction kFromJson{"tensorgate.contract_json", "from_json"};
constexpr PythonFunction kToTf{"tensorgate.tf.specs", "to_tf"};
constexpr PythonFunction kFromTf{"tensorgate.tf.specs", "from_tf"};
constexpr PythonFunction kFromKeras{"tensorgate.tf.keras", "from_keras"};
constexpr PythonFunction kFromBatches{"tensorgate.inference", "from_batches"};

template <class Function>
PyCFunction as_c_function(Function function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

constexpr int kPythonMethod = METH_VARARGS | METH_KEYWORDS;
constexpr int kPythonClassMethod = METH_VARARGS | METH_KEYWORDS | METH_CLASS;

PyObject* reduce(PyObject* self, PyObject*) {
  return guarded([&] {
    const py::object text = py::handle(self).attr("to_json")();
    return py::make_tuple(py::type::handle_of(self).attr("from_json"), py::make_tuple(text));
  });
}

PyMethodDef kMethods[] = {
    {"check", check, METH_O,
     "check($self, batch, /)\n--\n\n"
     "Return None if `batch`, a dict of tensors by name, meets the contract; raise ValidationError with every\n"
     "violation if not.\n\n"
     ">>> import numpy as np\n"
     ">>> sig = Signature({'ids': TensorSpec(('batch', None), 'int64')})\n"
     ">>> sig.check({'ids': np.zeros((2, 5), np.int64)})\n"},
    {"accepts", accepts, METH_O,
     "accepts($self, batch, /)\n--\n\n"
     "Return whether `check` would pass. Never raises for bad data.\n\n"
     ">>> Signature({'x': TensorSpec((None,))}).accepts({})\n"
     "False\n"},
    {"violations", violations, METH_O,
     "violations($self, batch, /)\n--\n\n"
     "Return a list of everything that is wrong with `batch`: unexpected names in its order, then the inputs in the\n"
     "signature's.\n\n"
     ">>> [str(v) for v in Signature({'image': TensorSpec((None,))}).violations({})]\n"
     "[\"inputs['image']  missing; expected float32 [None]\"]\n"},
    {"from_saved_model", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(from_saved_model)),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS,
     "from_saved_model($type, path, signature='serving_default', version=None, tags=['serve'], batch_dim=None, "
     "batch_dim_except=())\n--\n\n"
     "Read a signature of a SavedModel, without TensorFlow and without the graph.\n\n"
     "path: a version directory, or the base path above numbered ones, as TensorFlow Serving's model_base_path.\n"
     "version: the number to take; None takes the highest that has a saved_model.pb.\n"
     "tags: exactly the tags of the MetaGraph, as tf.saved_model.load.\n"
     "batch_dim: a name for the leading unknown dimension of every input, which then must be the same in all;\n"
     "    but for the inputs in batch_dim_except.\n\n"
     "A sparse or composite input stands for its dense parts: x/indices, x/values, x/dense_shape; x/0, x/1 ...\n\n"
     "Raises OSError (FileNotFoundError ...) where there is no model, ValueError with the byte where its file is\n"
     "damaged, or with the names that there are where the signature is not among them.\n\n"
     ">>> Signature.from_saved_model('no/such/model')\n"
     "Traceback (most recent call last):\n"
     "FileNotFoundError: [Errno 2] no such model directory: 'no/such/model'\n"},
    {"is_compatible_with", is_compatible_with, METH_O,
     "is_compatible_with($self, signature_or_batch, /)\n--\n\n"
     "Return whether some batch satisfies both signatures, or whether `accepts` takes the batch.\n\n"
     "Looks at inputs alone, and at tensors that have elements. Names of dimensions do not count.\n\n"
     ">>> a = Signature({'x': TensorSpec((None,), minimum=0.0)})\n"
     ">>> a.is_compatible_with(Signature({'x': TensorSpec((None,), maximum=-1.0)}))\n"
     "False\n"},
    {"is_subtype_of", is_subtype_of, METH_O,
     "is_subtype_of($self, other, /)\n--\n\n"
     "Return whether every batch of this signature is one of `other`.\n\n"
     "Looks at inputs alone. Dimensions' names are compared up to renaming: what `other` requires to be equal, this\n"
     "one must require too. Where the answer would need a search it is False.\n\n"
     ">>> n, m = TensorSpec(('n',)), TensorSpec(('m',))\n"
     ">>> Signature({'x': n, 'y': n}).is_subtype_of(Signature({'x': m, 'y': m}))\n"
     "True\n"
     ">>> Signature({'x': n, 'y': m}).is_subtype_of(Signature({'x': m, 'y': m}))\n"
     "False\n"},
    {"most_specific_common_supertype", most_specific_common_supertype, METH_O,
     "most_specific_common_supertype($self, others, /)\n--\n\n"
     "Return a signature that takes every batch of this one and of `others`, or None where structures, dtypes or\n"
     "names of tensors differ. It has no outputs; an input that one of them lacks is optional.\n\n"
     ">>> a, b = (Signature({'x': TensorSpec((size,), maximum=size)}) for size in (2, 3))\n"
     ">>> a.most_specific_common_supertype([b])\n"
     "Signature({'x': TensorSpec(shape=(None,), dtype='float32', maximum=3.0)})\n"},
    {"flatten", flatten, METH_O,
     "flatten($self, batch, /)\n--\n\n"
     "Return the batch's tensors as a list in tf.nest's order: a dict's by sorted key, all others' in their own.\n\n"
     "An absent optional input is None. Looks at the structure alone; raises ValidationError where it differs.\n\n"
     ">>> Signature({'b': TensorSpec(()), 'a': [TensorSpec(())]}).flatten({'b': 1, 'a': [2]})\n"
     "[2, 1]\n"},
    {"batch_key", key_of_batch, METH_O,
     "batch_key($self, batch, /)\n--\n\n"
     "Return a 64-bit hash of what a tf.function without an input signature would trace `batch` by: its structure,\n"
     "dtypes and shapes, and the values of Python's own numbers and strings.\n\n"
     "Equal where `batch_spec` is; different otherwise, but for a collision. Takes any batch, not this contract's\n"
     "alone. The key of the hash is drawn anew in every process.\n\n"
     "Raises TypeError, with the place, for what `batch_spec` refuses.\n\n"
     ">>> import numpy as np\n"
     ">>> sig = Signature({'ids': TensorSpec((None,), 'int64')})\n"
     ">>> two, three = ({'ids': np.arange(size)} for size in (2, 3))\n"
     ">>> sig.batch_key(two) == sig.batch_key({'ids': np.zeros(2, np.int64)}) != sig.batch_key(three)\n"
     "True\n"},
    {"batch_spec", spec_of_batch, METH_O,
     "batch_spec($self, batch, /)\n--\n\n"
     "Return what a tf.function without an input signature would trace `batch` by, as a hashable object that is equal\n"
     "where the trace is reused.\n\n"
     "A tensor is its TensorSpec; a container a tuple of its kind and its parts, a dict's sorted by key; a ragged,\n"
     "sparse or other composite tensor TensorFlow's own spec; a variable its spec, whether it is trainable, and which\n"
     "of the batch's variables it is; a Python number, str, bytes or None itself, as TensorFlow traces by its value\n"
     "(1, 1.0 and True are one).\n\n"
     "Where one batch is more general than another (a ragged tensor beside one of uniform rows, a variable of unknown\n"
     "shape), TensorFlow reuses the general one's trace if that was made first; the specs and keys differ.\n\n"
     "Raises TypeError, with the place, for what TensorFlow tells apart by identity or by an == of its own, such as\n"
     "an object of an unknown class; for symbolic tensors; and for dtypes that TensorFlow does not have.\n\n"
     ">>> import numpy as np\n"
     ">>> Signature({}).batch_spec({'ids': np.zeros((2, 3), np.int64), 'train': True})\n"
     "('dict', ('ids', TensorSpec(shape=(2, 3), dtype='int64')), ('train', True))\n"},
    {"bad_rows", find_bad_rows, METH_O,
     "bad_rows($self, batch, /)\n--\n\n"
     "Return an array of bool, one a row of the batch: True where the row holds a value that breaks a rule.\n\n"
     "Rows lie along the dimension named `batch_dim`, or, where the signature names none, along axis 0 of the inputs\n"
     "whose leading dimension is not fixed. Raises ValidationError for what no row owns: structure, dtypes, shapes,\n"
     "and values of inputs without rows; ValueError where no input has rows.\n\n"
     ">>> import numpy as np\n"
     ">>> sig = Signature({'x': TensorSpec(('batch', 2), finite=True)})\n"
     ">>> sig.bad_rows({'x': np.array([[1, 2], [np.nan, 4]], np.float32)}).tolist()\n"
     "[False, True]\n"},
    {"split", as_c_function(python_method<kSplit>), kPythonMethod,
     "split($self, batch)\n--\n\n"
     "Part the good rows of a batch from the bad ones, by what `bad_rows` says.\n\n"
     "Returns Split(good, bad, rows, violations): two batches, the positions of the bad rows, and what is wrong with\n"
     "each. Inputs without rows are in both. The good rows are views where they lie side by side; where all are good,\n"
     "`good` is the batch itself. It meets the contract, but for what a Dim says of the number of rows.\n\n"
     ">>> import numpy as np\n"
     ">>> sig = Signature({'x': TensorSpec(('batch',), 'int64', minimum=0)})\n"
     ">>> good, bad, rows, violations = sig.split({'x': np.array([5, -1, 7])})\n"
     ">>> good['x'].tolist(), bad['x'].tolist(), rows.tolist()\n"
     "([5, 7], [-1], [1])\n"
     ">>> str(violations[0][0])\n"
     "\"inputs['x']  below_minimum: expected at least 0, got -1 at [1]\"\n"},
    {"check_many", as_c_function(python_method<kCheckMany>), kPythonMethod,
     "check_many($self, batches, *, threads=1)\n--\n\n"
     "Check many requests, each a batch of its own, and return a Report with a verdict on each.\n\n"
     "Values of 4 KB and more are scanned with the GIL released, on so many threads, but no more than the machine has\n"
     "processors. Never raises for bad data.\n\n"
     ">>> import numpy as np\n"
     ">>> sig = Signature({'x': TensorSpec((None,), 'int64', minimum=0)})\n"
     ">>> report = sig.check_many([{'x': np.array([1, 2])}, {'x': np.array([3, -4])}])\n"
     ">>> report.ok.tolist()\n"
     "[True, False]\n"
     ">>> print(report.summary())\n"
     "1 of 2 requests refused\n"
     "  1 inputs['x'] below_minimum, first in request 1: expected at least 0, got -4 at [1]\n"},
    {"collate", as_c_function(python_method<kCollate>), kPythonMethod,
     "collate($self, requests, *, pad=None)\n--\n\n"
     "Check single requests and put the good ones into one contiguous batch.\n\n"
     "A request is a batch of any number of rows, or a single row without the batch axis. With `pad`, a value or a\n"
     "mapping of values by input, rows of different sizes are filled up at the end to the largest, and to a size that\n"
     "the contract allows. Returns Collated(batch, sizes, lengths, report): how many rows each request has in the\n"
     "batch, the sizes of unfixed dimensions before padding, and the verdicts. Raises ValueError where good requests\n"
     "can't be one batch: sizes that differ without `pad`, inputs that only some of them have, more rows than the\n"
     "contract allows.\n\n"
     ">>> import numpy as np\n"
     ">>> sig = Signature({'ids': TensorSpec(('batch', 'seq'), 'int64')})\n"
     ">>> rows = [{'ids': np.array([1, 2])}, {'ids': np.array([3])}, {'ids': np.array(['no'])}]\n"
     ">>> batch, sizes, lengths, report = sig.collate(rows, pad=0)\n"
     ">>> batch['ids'].tolist(), sizes.tolist(), lengths['seq'].tolist()\n"
     "([[1, 2], [3, 0]], [1, 1, 0], [2, 1])\n"},
    {"conform", as_c_function(python_method<kConform>), kPythonMethod,
     "conform($self, batch, casting='same_kind', *, pad=None, add_batch_dim=False)\n--\n\n"
     "Return Conformed(batch, changes): a batch that `check` accepts, made of one that nearly does, and what was "
     "done.\n\n"
     "casting: what NumPy's word ('no', 'equiv', 'safe', 'same_kind', 'unsafe') lets be cast. Under every word floats\n"
     "    may round but never overflow, and integers survive exactly: 2**40 into int32 is not_representable.\n"
     "pad: a value, or a mapping of values by input, that fills dimensions up to a size that the contract allows.\n"
     "add_batch_dim: whether an input that lacks its leading dimension gets one of size 1.\n\n"
     "Lists, Python's numbers and strings become arrays, big-endian arrays native ones, absent inputs their defaults.\n"
     "A tensor to which nothing is done is the same object. Raises ValidationError where the batch can't be mended.\n\n"
     ">>> conformed = Signature({'x': TensorSpec((None, 2))}).conform({'x': [[1, 2], [3, 4]]})\n"
     ">>> conformed.batch['x'].tolist()\n"
     "[[1.0, 2.0], [3.0, 4.0]]\n"
     ">>> print(*conformed.changes)\n"
     "inputs['x']: a Python list made float32 [2, 2]\n"},
    {"to_json", as_c_function(python_method<kToJson>), kPythonMethod,
     "to_json($self)\n--\n\n"
     "Return the contract as JSON text, of the form in tensorgate/schema/signature.schema.json.\n\n"
     ">>> sig = Signature({'x': TensorSpec(('batch', 3))})\n"
     ">>> Signature.from_json(sig.to_json()) == sig\n"
     "True\n"},
    {"from_json", as_c_function(python_class_method<kFromJson>), kPythonClassMethod,
     "from_json(text)\n--\n\n"
     "Return the signature that `to_json` wrote. Raises ValueError with the place where the text is no such "
     "contract.\n\n"
     ">>> Signature.from_json('{\"tensorgate\": 1}')\n"
     "Traceback (most recent call last):\n"
     "ValueError: ...\n"},
    {"to_tf", as_c_function(python_method<kToTf>), kPythonMethod,
     "to_tf($self)\n--\n\n"
     "Return the inputs as the same nest of tf.TensorSpec, tf.RaggedTensorSpec and tf.SparseTensorSpec, for\n"
     "tf.function(input_signature=...). What TensorFlow has no word for is left out: names of dimensions, rules,\n"
     "optional and default. Imports TensorFlow.\n\n"
     ">>> Signature({'x': TensorSpec(('batch', 3))}).to_tf()  # doctest: +SKIP\n"
     "{'x': TensorSpec(shape=(None, 3), dtype=tf.float32, name=None)}\n"},
    {"from_tf", as_c_function(python_class_method<kFromTf>), kPythonClassMethod,
     "from_tf(x)\n--\n\n"
     "Return the contract of a nest of TensorFlow's specs, a tf.function with an input_signature, a ConcreteFunction,\n"
     "a loaded SavedModel's signature or a tf.data.Dataset. Imports TensorFlow.\n\n"
     ">>> import tensorflow as tf  # doctest: +SKIP\n"
     ">>> Signature.from_tf({'x': tf.TensorSpec([None, 3])})  # doctest: +SKIP\n"
     "Signature({'x': TensorSpec(shape=(None, 3), dtype='float32')})\n"},
    {"from_keras", as_c_function(python_class_method<kFromKeras>), kPythonClassMethod,
     "from_keras(model)\n--\n\n"
     "Return the contract of a Keras model's inputs and outputs. Imports Keras.\n\n"
     ">>> import keras  # doctest: +SKIP\n"
     ">>> model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])  # doctest: +SKIP\n"
     ">>> Signature.from_keras(model).inputs  # doctest: +SKIP\n"
     "TensorSpec(shape=(None, 3), dtype='float32')\n"},
    {"from_batches", as_c_function(python_class_method<kFromBatches>), kPythonClassMethod,
     "from_batches(batches, *, name='serving_default', batch_dim='batch', sizes=False, values=False)\n--\n\n"
     "Return the narrowest contract of its kind that accepts every batch of an iterable.\n\n"
     "Dimensions that varied are open; what varied together has one name. An input that some batch lacks is "
     "optional.\n\n"
     "batch_dim: a name for the leading dimension that most inputs share, open even if it never varied; None: none.\n"
     "sizes: whether dimensions that varied are bounded by the least and the greatest size seen.\n"
     "values: whether elements are bounded by the least and the greatest seen, and finite where all were.\n\n"
     "Raises ValueError, with the path, where there is no batch or where batches differ in structure or dtype.\n\n"
     ">>> import numpy as np\n"
     ">>> few, many = ({'x': np.zeros((n, 3), np.float32)} for n in (2, 5))\n"
     ">>> Signature.from_batches([few, many])\n"
     "Signature({'x': TensorSpec(shape=('batch', 3), dtype='float32')}, batch_dim='batch')\n"},
    {"__reduce__", reduce, METH_NOARGS, "Pickle by the JSON form."},
    {"__copy__", return_self, METH_NOARGS, "Return self: a signature can't change."},
    {"__deepcopy__", return_self, METH_O, "Return self: a signature can't change."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef kProperties[] = {
    {"inputs", get_inputs, nullptr, "The nest of specs, a dict's as a read-only mapping in the signature's order.",
     nullptr},
    {"outputs", get_outputs, nullptr, "The same of what comes out, or None where that is not known.", nullptr},
    {"name", get_name, nullptr, "The signature's name.", nullptr},
    {"method_name", get_method_name, nullptr, "Such as 'tensorflow/serving/predict', or ''.", nullptr},
    {"batch_dim", get_batch_dim, nullptr, "The name of the dimension that counts rows, or None.", nullptr},
    {"fingerprint", get_fingerprint, nullptr,
     "32 hexadecimal digits, the same in every process and on every machine: equal exactly where signatures are ==,\n"
     "but for a collision of 128 bits. Computed when asked for, as docs/fingerprint.md says.\n\n"
     ">>> Signature({'x': TensorSpec((None, 3))}).fingerprint\n"
     "'06b40d129d94bf7f516be51a86046f1a'\n",
     nullptr},
    {"source", get_source, nullptr, "Where it was read from, or ''; no part of ==, hash and fingerprint.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

constexpr const char* kDoc =
    "Signature(inputs, outputs=None, *, name='serving_default', method_name='', batch_dim=None, source='')\n--\n\n"
    "The contract of one batch: the tensors that go into a model and, where known, those that come out.\n\n"
    "inputs, outputs: a nest of specs as in tf.nest: usually a dict of them by name; also a lone spec, a list, tuple,\n"
    "    namedtuple or dataclass, and these within each other. A dimension's name stands for the same size in all\n"
    "    inputs of one batch.\n"
    "name, method_name: as in a SavedModel's SignatureDef.\n"
    "batch_dim: the name of the dimension that counts rows, for `bad_rows`, `split` and `collate`.\n"
    "source: where it was read from, for messages.\n\n"
    "Raises TypeError or ValueError where an argument can't be met, among them a name with two sets of rules.\n"
    "Immutable and hashable; the order of the names does not count.\n\n"
    ">>> Signature({'x': TensorSpec((None, 3))}, name='predict')\n"
    "Signature({'x': TensorSpec(shape=(None, 3), dtype='float32')}, name='predict')\n";

}  // namespace

py::object make_signature_type() {
  return Type::create(
      {.name = "tensorgate.Signature",
       .doc = kDoc,
       .construct = construct,
       .repr = repr,
       .methods = kMethods,
       .properties = kProperties},
      [](const State& a, const State& b) { return a.signature == b.signature; },
      [](const State& state) { return hash(state.signature); });
}

py::object new_signature(Signature signature) { return Type::make(Type::type, std::move(signature)); }

std::optional<SignatureParts> signature_parts(py::handle object) {
  if (!Type::is(object)) return std::nullopt;
  const State& state = Type::state(object.ptr());
  return SignatureParts{&state.signature, &state.gate};
}

const Collator& collator_of(py::handle signature, bool padded) {
  const State& state = Type::state(signature.ptr());
  std::unique_ptr<const Collator>& collator = state.collators[padded ? 1 : 0];
  if (!collator) {
    auto made = std::make_unique<const Collator>(state.signature, padded);
    // Making it may have run code that came here as well, and has the first one in its hands.
    if (!collator) collator = std::move(made);
  }
  return *collator;
}

}  // namespace tensorgate::python
