#include "python/signature_type.h"

#include <pybind11/stl.h>

#include <set>

#include "core/text.h"
#include "python/arguments.h"
#include "python/batch.h"
#include "python/description.h"
#include "python/mapping.h"
#include "python/raw_type.h"
#include "python/saved_model_query.h"
#include "python/tensor_spec_type.h"

namespace tensorgate::python {
namespace {

struct State {
  explicit State(Signature given) : signature(std::move(given)), gate(signature.inputs) {}

  Signature signature;
  BatchGate gate;
};

using Type = RawType<State>;

std::string subject(const Signature& signature) {
  std::string out = "signature " + quoted(signature.name);
  if (!signature.source.empty()) out += " (" + path_text(signature.source) + ")";
  return out;
}

NamedSpecs specs_argument(py::handle value, const char* what) {
  if (!py::isinstance(value, py::module_::import("collections.abc").attr("Mapping"))) {
    throw py::type_error(std::string(what) + " is " + with_article(type_text(value)) +
                         "; it must be a dict of TensorSpec by name");
  }
  NamedSpecs out;
  std::set<std::string> names;
  for (const py::handle item : items_of(value)) {
    const auto [key, spec] = pair_of(item);
    std::string name = string_argument(key, "the name of a tensor");
    if (!names.insert(name).second)
      throw py::value_error(std::string(what) + " has two tensors of the name " + quoted(name));
    if (!is_tensor_spec(spec)) {
      throw py::type_error(at(what, name) + " is " + with_article(type_text(spec)) +
                           "; it must be a tensorgate.TensorSpec");
    }
    out.emplace_back(std::move(name), tensor_spec_of(spec));
  }
  return out;
}

py::dict specs_dict(const NamedSpecs& specs) {
  py::dict out;
  for (const auto& [name, spec] : specs) out[py::str(name)] = new_tensor_spec(spec);
  return out;
}

py::object specs_view(const NamedSpecs& specs) {
  auto view = py::reinterpret_steal<py::object>(PyDictProxy_New(specs_dict(specs).ptr()));
  if (!view) throw py::error_already_set();
  return view;
}

PyObject* construct(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    PyObject* inputs = nullptr;
    PyObject* outputs = Py_None;
    PyObject* name = nullptr;
    PyObject* method_name = nullptr;
    PyObject* source = nullptr;
    static const char* const kNames[] = {"inputs", "outputs", "name", "method_name", "source", nullptr};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O$OOO:Signature", const_cast<char**>(kNames), &inputs, &outputs,
                                     &name, &method_name, &source)) {
      throw py::error_already_set();
    }
    Signature signature;
    signature.inputs = specs_argument(inputs, "inputs");
    if (outputs != Py_None) signature.outputs = specs_argument(outputs, "outputs");
    if (name != nullptr) signature.name = string_argument(name, "name");
    if (method_name != nullptr) signature.method_name = string_argument(method_name, "method_name");
    if (source != nullptr) signature.source = string_argument(source, "source");
    return Type::make(type, std::move(signature));
  });
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
      const std::string name = string_argument(batch_dim, "batch_dim");
      if (name.empty()) throw py::value_error("batch_dim is empty; None names no dimension");
      name_batch_dim(loaded, name, strings_argument(except, "batch_dim_except"));
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
  return guarded([&] { return specs_view(Type::state(self).signature.inputs); });
}

PyObject* get_outputs(PyObject* self, void*) {
  return guarded([&]() -> py::object {
    const auto& outputs = Type::state(self).signature.outputs;
    return outputs ? specs_view(*outputs) : py::none();
  });
}

PyObject* get_name(PyObject* self, void*) {
  return guarded([&] { return py::str(Type::state(self).signature.name); });
}

PyObject* get_method_name(PyObject* self, void*) {
  return guarded([&] { return py::str(Type::state(self).signature.method_name); });
}

PyObject* get_source(PyObject* self, void*) {
  return guarded([&] { return py::str(Type::state(self).signature.source); });
}

PyObject* repr(PyObject* self) {
  return guarded([&] {
    const Signature& signature = Type::state(self).signature;
    const auto shown = [](const py::object& object) { return py::repr(object).cast<std::string>(); };
    std::string out = "Signature(" + shown(specs_dict(signature.inputs));
    if (signature.outputs) out += ", " + shown(specs_dict(*signature.outputs));
    if (signature.name != Signature().name) out += ", name=" + shown(py::str(signature.name));
    if (!signature.method_name.empty()) out += ", method_name=" + shown(py::str(signature.method_name));
    return py::str(out + ")");
  });
}

PyObject* reduce(PyObject* self, PyObject*) {
  return guarded([&] {
    const Signature& signature = Type::state(self).signature;
    const py::object outputs = signature.outputs ? py::object(specs_dict(*signature.outputs)) : py::none();
    py::dict kwargs;
    kwargs["name"] = signature.name;
    kwargs["method_name"] = signature.method_name;
    kwargs["source"] = signature.source;
    return reduced(self, py::make_tuple(specs_dict(signature.inputs), outputs), kwargs);
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
    {"__reduce__", reduce, METH_NOARGS, "Pickle by the arguments that make an equal signature."},
    {"__copy__", return_self, METH_NOARGS, "Return self: a signature can't change."},
    {"__deepcopy__", return_self, METH_O, "Return self: a signature can't change."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef kProperties[] = {
    {"inputs", get_inputs, nullptr, "A read-only mapping of TensorSpec by name, in the signature's order.", nullptr},
    {"outputs", get_outputs, nullptr, "The same of what comes out, or None where that is not known.", nullptr},
    {"name", get_name, nullptr, "The signature's name.", nullptr},
    {"method_name", get_method_name, nullptr, "Such as 'tensorflow/serving/predict', or ''.", nullptr},
    {"source", get_source, nullptr, "Where it was read from, or ''; no part of == and hash.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

constexpr const char* kDoc =
    "Signature(inputs, outputs=None, *, name='serving_default', method_name='', source='')\n--\n\n"
    "The contract of one batch: the tensors that go into a model by name and, where known, those that come out.\n\n"
    "inputs, outputs: a mapping of TensorSpec by name. A dimension's name stands for the same size in all inputs of\n"
    "    one batch.\n"
    "name, method_name: as in a SavedModel's SignatureDef.\n"
    "source: where it was read from, for messages.\n\n"
    "Raises TypeError or ValueError where an argument can't be met. Immutable and hashable; the order of the names\n"
    "does not count.\n\n"
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

}  // namespace tensorgate::python
