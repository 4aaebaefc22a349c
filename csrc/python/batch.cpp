#include "python/batch.h"

#include <cstring>

#include "core/text.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/gate.h"
#include "python/mapping.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

// A key as a path shows it: inputs['ids'], inputs[3].
std::string key_path(py::handle key) {
  if (py::isinstance<py::str>(key)) return at("inputs", utf8_bytes(key));
  if (key.is_none()) return "inputs[None]";
  int overflow = 0;
  if (PyLong_CheckExact(key.ptr())) {
    const long long number = PyLong_AsLongLongAndOverflow(key.ptr(), &overflow);
    if (overflow == 0) return "inputs[" + std::to_string(number) + "]";
  }
  return "inputs[<" + type_text(key) + ">]";
}

// What a typo is looked for in; a key that is no str is none.
std::string key_name(py::handle key) { return py::isinstance<py::str>(key) ? utf8_bytes(key) : std::string(); }

bool is_mapping(py::handle object) {
  if (PyDict_Check(object.ptr())) return true;
  // By the type: an object may lie about its __class__, or raise when asked for it.
  const int found = PyObject_IsSubclass(py::type::handle_of(object).ptr(),
                                        py::module_::import("collections.abc").attr("Mapping").ptr());
  if (found < 0) throw py::error_already_set();
  return found == 1;
}

// A dict's keys have their hashes at hand, so that most other names are told apart without a look at the text.
bool is_name(PyObject* name, PyObject* key) {
  if (name == key) return true;
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
  PyObject* position = PyDict_GetItemWithError(index_.ptr(), key);
  return position == nullptr ? nullptr : &inputs_[static_cast<std::size_t>(PyLong_AsSize_t(position))];
}

BatchGate::Verdict BatchGate::judge(PyObject* batch) const {
  if (!PyDict_CheckExact(batch) || plan_.symbols().size() > Bindings::kMax) return Verdict::unsure;
  Bindings bindings(plan_.symbols().size());
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  std::size_t seen = 0;
  std::size_t required = 0;
  while (PyDict_Next(batch, &position, &key, &value)) {
    // Any other key's hash and == may be Python code, which need not go by its text.
    if (!PyUnicode_CheckExact(key)) [[unlikely]]
      return Verdict::unsure;
    const Input* input = find(seen, key);
    if (input == nullptr || !value_matches(value, input->plan, bindings.data())) return Verdict::refused;
    ++seen;
    required += input->required ? 1 : 0;
  }
  // A dict's keys are distinct, so as many required ones as there are is all of them.
  return required == required_ ? Verdict::accepted : Verdict::refused;
}

void BatchGate::inspect(py::handle batch, const NamedSpecs& inputs, Violations& out) const {
  const auto refuse = [&](const std::string& got, std::optional<std::string> hint) {
    out.add({.path = "inputs",
             .code = ViolationCode::structure,
             .expected = count_of(inputs.size()),
             .got = got,
             .hint = std::move(hint)});
  };
  const std::string type = with_article(type_text(batch));
  if (!is_mapping(batch)) {
    const bool lone = inputs.size() == 1 && exporter_of(batch) != Exporter::unknown;
    return refuse(type, lone ? "pass {" + quoted(inputs[0].first) + ": ...}" : "pass a dict of arrays by name");
  }
  std::vector<std::pair<py::object, py::object>> items;
  try {
    // A copy of the references: looking at a value may run code that changes the batch.
    for (const py::handle item : items_of(batch)) items.push_back(pair_of(item));
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    return refuse(type, "its items() raised " + exception_text(error));
  }
  std::vector<py::object> given(inputs.size());
  std::vector<py::object> unknown;
  for (const auto& [key, value] : items) {
    // An exact str hashes and compares by its text alone.
    const auto text = py::isinstance<py::str>(key) ? py::reinterpret_steal<py::object>(PyUnicode_FromObject(key.ptr()))
                                                   : py::object();
    PyObject* position = text ? PyDict_GetItemWithError(index_.ptr(), text.ptr()) : nullptr;
    if (position == nullptr) {
      unknown.push_back(key);
    } else if (py::object& slot = given[PyLong_AsSize_t(position)]; slot) {
      out.add({.path = key_path(key), .code = ViolationCode::duplicate});
    } else {
      slot = value;
    }
  }
  // What an unknown name may have meant is one of those that are not there.
  std::vector<std::string_view> absent;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!given[i]) absent.push_back(inputs[i].first);
  }
  Inspection inspection(plan_, out);
  for (const py::object& key : unknown) inspection.unexpected(key_path(key), key_name(key), absent);
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
