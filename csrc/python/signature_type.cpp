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
#include "python/description.h"
#include "python/errors.h"
#include "python/nest_object.h"
#include "python/python_method.h"
#include "python/raw_type.h"
#include "python/rows.h"
#include "python/saved_model_contract.h"
#include "python/saved_model_query.h"
#include "python/signature_docs.h"
#include "python/wire_contract.h"

namespace tensorgate::python {
namespace {

struct State {
  explicit State(Signature given) : signature(std::move(given)), gate(signature.inputs) {}

  Signature signature;
  BatchGate gate;
  mutable std::array<std::unique_ptr<const Collator>, 2> collators;           // without padding and with
  mutable std::array<std::unique_ptr<const WireContract>, 2> wire_contracts;  // of the inputs and of the outputs
};

using Type = RawType<State>;

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
    py::object loaded =
        read_signature(query, signature == nullptr ? kDefaultSignature : string_argument(signature, "signature"));
    const std::vector<std::string> excepted = strings_argument(except, "batch_dim_except");
    if (batch_dim == Py_None) {
      if (!excepted.empty()) throw py::value_error("batch_dim_except without batch_dim");
      return loaded;
    }
    Signature named = Type::state(loaded.ptr()).signature;
    name_batch_dim(named, batch_dim_argument(batch_dim), excepted);
    return new_signature(std::move(named));
  });
}

// Out of line, so that a check that passes sets up no frame for what is said on failure.
[[gnu::noinline]] PyObject* check_slowly(const State& state, PyObject* batch) {
  Violations found(kMaxKeptViolations);
  state.gate.inspect(batch, state.signature.inputs, found);
  if (!found.empty()) throw_validation_error(subject(state.signature), found);
  return Py_NewRef(Py_None);
}

[[gnu::noinline]] PyObject* accepts_slowly(const State& state, PyObject* batch) {
  Violations found(1);
  state.gate.inspect(batch, state.signature.inputs, found);
  return PyBool_FromLong(found.empty());
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
    if (verdict == BatchGate::Verdict::accepted) [[likely]]
      return Py_NewRef(Py_True);
    if (verdict == BatchGate::Verdict::refused) return Py_NewRef(Py_False);
    return accepts_slowly(state, batch);
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
    {"check", check, METH_O, kCheckDoc},
    {"accepts", accepts, METH_O, kAcceptsDoc},
    {"violations", violations, METH_O, kViolationsDoc},
    {"from_saved_model", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(from_saved_model)),
     METH_VARARGS | METH_KEYWORDS | METH_CLASS, kFromSavedModelDoc},
    {"is_compatible_with", is_compatible_with, METH_O, kIsCompatibleWithDoc},
    {"is_subtype_of", is_subtype_of, METH_O, kIsSubtypeOfDoc},
    {"most_specific_common_supertype", most_specific_common_supertype, METH_O, kMostSpecificCommonSupertypeDoc},
    {"flatten", flatten, METH_O, kFlattenDoc},
    {"batch_key", key_of_batch, METH_O, kBatchKeyDoc},
    {"batch_spec", spec_of_batch, METH_O, kBatchSpecDoc},
    {"bad_rows", find_bad_rows, METH_O, kBadRowsDoc},
    {"split", as_c_function(python_method<kSplit>), kPythonMethod, kSplitDoc},
    {"check_many", as_c_function(python_method<kCheckMany>), kPythonMethod, kCheckManyDoc},
    {"collate", as_c_function(python_method<kCollate>), kPythonMethod, kCollateDoc},
    {"conform", as_c_function(python_method<kConform>), kPythonMethod, kConformDoc},
    {"to_json", as_c_function(python_method<kToJson>), kPythonMethod, kToJsonDoc},
    {"from_json", as_c_function(python_class_method<kFromJson>), kPythonClassMethod, kFromJsonDoc},
    {"to_tf", as_c_function(python_method<kToTf>), kPythonMethod, kToTfDoc},
    {"from_tf", as_c_function(python_class_method<kFromTf>), kPythonClassMethod, kFromTfDoc},
    {"from_keras", as_c_function(python_class_method<kFromKeras>), kPythonClassMethod, kFromKerasDoc},
    {"from_batches", as_c_function(python_class_method<kFromBatches>), kPythonClassMethod, kFromBatchesDoc},
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

}  // namespace

py::object make_signature_type() {
  return Type::create(
      {.name = "tensorgate.Signature",
       .doc = kSignatureDoc,
       .construct = construct,
       .repr = repr,
       .methods = kMethods,
       .properties = kProperties},
      [](const State& a, const State& b) { return a.signature == b.signature; },
      [](const State& state) { return hash(state.signature); });
}

std::string subject(const Signature& signature) {
  std::string out = "signature " + quoted(signature.name);
  if (!signature.source.empty()) out += " (" + path_text(signature.source) + ")";
  return out;
}

py::object new_signature(Signature signature) { return Type::make(Type::type, std::move(signature)); }

std::optional<SignatureParts> signature_parts(py::handle object) {
  if (!Type::is(object)) return std::nullopt;
  const State& state = Type::state(object.ptr());
  return SignatureParts{&state.signature, &state.gate};
}

SignatureParts signature_argument(py::handle object) {
  if (const auto parts = signature_parts(object)) return *parts;
  throw py::type_error("sig is " + with_article(type_text(object)) + "; it must be a tensorgate.Signature");
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

std::unique_ptr<const WireContract>& wire_contract_slot(py::handle signature, Side side) {
  return Type::state(signature.ptr()).wire_contracts[side == Side::inputs ? 0 : 1];
}

}  // namespace tensorgate::python
