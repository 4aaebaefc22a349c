#include "python/received_request.h"

#include "core/hint.h"
#include "core/text.h"
#include "python/arguments.h"
#include "python/description.h"
#include "python/signature_type.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

py::str text_of(std::string_view utf8) { return {utf8.data(), utf8.size()}; }

void require_signature(py::handle object) {
  if (!signature_parts(object)) {
    throw py::type_error("sigs holds " + with_article(type_text(object)) + "; it must be a tensorgate.Signature");
  }
}

std::string listed(const std::vector<std::string>& names, const NameLimits& limits) {
  constexpr std::size_t kNamesShown = 8;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kNamesShown; ++i) {
    out += (i > 0 ? ", " : "") + quoted(names[i], limits.max_characters);
  }
  if (names.size() > kNamesShown) out += ", ...";
  return (names.size() > 1 ? "one of " : "") + (out.empty() ? "none" : out);
}

// What a small dict holds under a name, without making a str to look it up; null where that is not plain.
py::handle scanned(PyObject* dict, std::string_view name) {
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  while (PyDict_Next(dict, &position, &key, &value)) {
    if (PyUnicode_CheckExact(key) && PyUnicode_IS_COMPACT_ASCII(key) &&
        std::string_view(static_cast<const char*>(PyUnicode_DATA(key)),
                         static_cast<std::size_t>(PyUnicode_GET_LENGTH(key))) == name) {
      return value;
    }
  }
  return {};
}

bool is_text(py::handle object, std::string_view utf8) {
  if (!PyUnicode_CheckExact(object.ptr())) return false;
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(object.ptr(), &size);  // kept with the str
  if (data == nullptr) throw py::error_already_set();
  return std::string_view(data, static_cast<std::size_t>(size)) == utf8;
}

}  // namespace

void require_contract_arguments(py::handle signatures, py::handle model) {
  if (!model.is_none()) string_argument(model, "model");
  if (signature_parts(signatures)) return;
  if (!PyMapping_Check(signatures.ptr()) || py::isinstance<py::str>(signatures) ||
      py::isinstance<py::sequence>(signatures)) {
    throw py::type_error("sigs is " + with_article(type_text(signatures)) +
                         "; it must be a Signature or a dict of them by name");
  }
}

py::handle plainly_chosen_signature(py::handle signatures, const serving::ModelSpec& spec, py::handle model) {
  if (!spec.is_there || spec.name.empty()) return {};
  if (!model.is_none() && !is_text(model, spec.name)) return {};
  if (const auto lone = signature_parts(signatures)) {
    return lone->signature->name == spec.signature() ? signatures : py::handle();
  }
  if (!PyDict_CheckExact(signatures.ptr())) return {};
  constexpr Py_ssize_t kScan = 8;
  py::handle found;
  if (PyDict_GET_SIZE(signatures.ptr()) <= kScan) {
    found = scanned(signatures.ptr(), spec.signature());
  } else {
    found = PyDict_GetItemWithError(signatures.ptr(), text_of(spec.signature()).ptr());
    if (!found && PyErr_Occurred() != nullptr) throw py::error_already_set();
  }
  return found && signature_parts(found) ? found : py::handle();
}

py::object named_signature(py::handle signatures, const std::string& path, std::string_view name, Violations& out) {
  std::vector<std::string> known;
  if (const auto lone = signature_parts(signatures)) {
    if (lone->signature->name == name) return py::reinterpret_borrow<py::object>(signatures);
    known.push_back(lone->signature->name);
  } else {
    const py::str key = text_of(name);
    if (signatures.contains(key)) {
      py::object found = signatures[key];
      require_signature(found);
      return found;
    }
    for (const py::handle there : py::iter(signatures)) known.push_back(string_argument(there, "a signature's name"));
  }
  out.add(unknown_name(path, ViolationCode::unknown_signature, name, known, out.names()));
  return {};
}

py::object chosen_signature(py::handle signatures, const serving::ModelSpec& spec, py::handle model, Violations& out) {
  const std::size_t characters = out.names().max_characters;
  const std::string wanted = model.is_none() ? std::string() : string_argument(model, "model");
  if (!spec.is_there) {
    out.add({.path = "model_spec", .code = ViolationCode::missing, .expected = "the model's name"});
  } else if (spec.name.empty()) {
    out.add({.path = "model_spec.name", .code = ViolationCode::missing, .expected = "the model's name"});
  } else if (!model.is_none() && spec.name != wanted) {
    out.add({.path = "model_spec.name",
             .code = ViolationCode::unknown_model,
             .expected = quoted(wanted, characters),
             .got = quoted(spec.name, characters)});
  }
  return named_signature(signatures, "model_spec.signature_name", spec.signature(), out);
}

Violation unknown_name(const std::string& path, ViolationCode code, std::string_view name,
                       const std::vector<std::string>& known, const NameLimits& limits) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  return {.path = path,
          .code = code,
          .expected = listed(known, limits),
          .got = quoted(name, limits.max_characters),
          .hint = name_hint(name, names, limits.max_searched_length)};
}

py::tuple requested_model(const serving::ModelSpec& spec) {
  return py::make_tuple(text_of(spec.name), spec.version ? py::object(py::int_(*spec.version)) : py::none(),
                        spec.version_label ? py::object(text_of(*spec.version_label)) : py::none());
}

py::object model_spec_object(const serving::ModelSpec& spec) {
  if (!spec.is_there) return py::none();
  const py::object type = py::module_::import("tensorgate.serving.predict").attr("ModelSpec");
  const py::tuple model = requested_model(spec);
  return type(model[0], text_of(spec.signature_name), model[1], model[2]);
}

}  // namespace tensorgate::python
