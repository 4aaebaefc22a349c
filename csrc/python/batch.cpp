#include "python/batch.h"

#include <cstring>

#include "core/text.h"
#include "python/exporter.h"
#include "python/gate.h"

namespace tensorgate::python {
namespace {

// A key as a path shows it: inputs['ids'], inputs[3].
std::string key_path(py::handle key) {
  if (py::isinstance<py::str>(key)) {
    // Lone surrogates, which no name of a signature has, are shown escaped.
    const py::object bytes =
        py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(key.ptr(), "utf-8", "backslashreplace"));
    if (!bytes) throw py::error_already_set();
    return at("inputs", bytes.cast<std::string>());
  }
  if (PyLong_CheckExact(key.ptr()) || key.is_none()) return "inputs[" + escaped(py::str(key).cast<std::string>()) + "]";
  return "inputs[<" + type_text(key) + ">]";
}

std::string key_name(py::handle key) {
  Py_ssize_t size = 0;
  const char* text = py::isinstance<py::str>(key) ? PyUnicode_AsUTF8AndSize(key.ptr(), &size) : nullptr;
  if (text == nullptr) PyErr_Clear();
  return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

bool is_mapping(py::handle object) {
  if (PyDict_Check(object.ptr())) return true;
  return py::isinstance(object, py::module_::import("collections.abc").attr("Mapping"));
}

// A dict's keys have their hashes at hand, so that most other names are told apart without a look at the text.
bool is_name(PyObject* name, PyObject* key) {
  if (name == key) return true;
  if (!PyUnicode_CheckExact(key)) return false;
  if (reinterpret_cast<PyASCIIObject*>(name)->hash != reinterpret_cast<PyASCIIObject*>(key)->hash) return false;
  const Py_ssize_t length = PyUnicode_GET_LENGTH(name);
  const auto width = static_cast<Py_ssize_t>(PyUnicode_KIND(name));
  return length == PyUnicode_GET_LENGTH(key) && PyUnicode_KIND(name) == PyUnicode_KIND(key) &&
         std::memcmp(PyUnicode_DATA(name), PyUnicode_DATA(key), static_cast<std::size_t>(length * width)) == 0;
}

std::string count_of(std::size_t inputs) {
  return "a dict of " + std::to_string(inputs) + (inputs == 1 ? " input" : " inputs");
}

}  // namespace

BatchGate::BatchGate(const NamedSpecs& inputs) : plan_(inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    PyObject* name =
        PyUnicode_FromStringAndSize(inputs[i].first.data(), static_cast<Py_ssize_t>(inputs[i].first.size()));
    if (name == nullptr) throw py::error_already_set();
    // Interned, so that a caller's literal is the same object and comparing pointers suffices.
    PyUnicode_InternInPlace(&name);
    names_.push_back(py::reinterpret_steal<py::str>(name));
    index_[names_.back()] = i;
    inputs_.push_back({name, plan_.tensors()[i], !inputs[i].second.optional});
    required_ += inputs_.back().required ? 1 : 0;
  }
}

// Most batches come in the signature's order, with the very names that were interned or with equal ones made at run
// time; the rest come in some other order.
inline const BatchGate::Input* BatchGate::find(std::size_t expected, PyObject* key) const {
  const std::size_t count = inputs_.size();
  if (expected < count && is_name(inputs_[expected].name, key)) [[likely]]
    return &inputs_[expected];
  constexpr std::size_t kScan = 16;
  if (count <= kScan) {
    for (const Input& input : inputs_) {
      if (input.name == key) return &input;
    }
  }
  // An exact str hashes and compares without Python code.
  if (!PyUnicode_CheckExact(key)) return nullptr;
  PyObject* position = PyDict_GetItemWithError(index_.ptr(), key);
  return position == nullptr ? nullptr : &inputs_[static_cast<std::size_t>(PyLong_AsSize_t(position))];
}

bool BatchGate::matches(PyObject* batch) const {
  if (!decides(batch)) return false;
  Bindings bindings(plan_.symbols().size());
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  std::size_t seen = 0;
  std::size_t required = 0;
  while (PyDict_Next(batch, &position, &key, &value)) {
    const Input* input = find(seen, key);
    if (input == nullptr || !value_matches(value, input->plan, bindings.data())) return false;
    ++seen;
    required += input->required ? 1 : 0;
  }
  // A dict's keys are distinct, so as many required ones as there are is all of them.
  return required == required_;
}

bool BatchGate::decides(PyObject* batch) const {
  return PyDict_CheckExact(batch) && plan_.symbols().size() <= Bindings::kMax;
}

void BatchGate::inspect(py::handle batch, const NamedSpecs& inputs, Violations& out) const {
  if (!is_mapping(batch)) {
    const bool lone = inputs.size() == 1 && exporter_of(batch) <= Exporter::dlpack && !py::isinstance<py::tuple>(batch);
    out.add({.path = "inputs",
             .code = ViolationCode::structure,
             .expected = count_of(inputs.size()),
             .got = with_article(type_text(batch)),
             .hint = lone ? "pass {" + quoted(inputs[0].first) + ": ...}"
                          : std::optional<std::string>("pass a dict of arrays by name")});
    return;
  }
  // A copy of the references: looking at a value may run code that changes the batch.
  const auto items = py::reinterpret_steal<py::object>(PyMapping_Items(batch.ptr()));
  if (!items) throw py::error_already_set();
  std::vector<py::object> given(inputs.size());
  Inspection inspection(plan_, out);
  for (const py::handle item : items) {
    const auto [key, value] = item.cast<std::pair<py::object, py::object>>();
    const py::object exact = py::isinstance<py::str>(key)
                                 ? py::reinterpret_steal<py::object>(PyUnicode_FromObject(key.ptr()))
                                 : py::object();
    PyObject* position = exact ? PyDict_GetItemWithError(index_.ptr(), exact.ptr()) : nullptr;
    if (position != nullptr) {
      given[PyLong_AsSize_t(position)] = value;
    } else {
      inspection.unexpected(key_path(key), key_name(key), inputs);
    }
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& [name, spec] = inputs[i];
    if (given[i]) {
      inspect_value(given[i], i, spec, at("inputs", name), inspection, out);
    } else if (!spec.optional) {
      inspection.missing(spec, at("inputs", name));
    }
  }
}

}  // namespace tensorgate::python
