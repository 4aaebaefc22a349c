#include <pybind11/stl.h>

#include "core/hash.h"
#include "core/text.h"
#include "core/violation.h"
#include "python/bindings.h"

namespace tensorgate::python {
namespace {

py::object make_violation_code_type() {
  py::list members;
  for (const auto& [code, word] : kViolationCodes) members.append(py::make_tuple(std::string(word), std::string(word)));
  py::object type =
      py::module_::import("enum").attr("StrEnum")("ViolationCode", members, py::arg("module") = "tensorgate");
  type.attr("__doc__") =
      "What kind of violation: a word that logs, metrics and callers may rely on.\n\n"
      ">>> ViolationCode.dtype == 'dtype'\n"
      "True\n";
  return type;
}

py::object code_member(const py::object& type, ViolationCode code) { return type(std::string(name(code))); }

ViolationCode code_argument(const py::object& type, const py::object& code) {
  const auto word = type(code).cast<std::string>();
  for (const auto& [known, known_word] : kViolationCodes) {
    if (known_word == word) return known;
  }
  throw py::value_error("no such code");
}

py::object index_tuple(const Violation& violation) {
  return violation.index ? py::object(py::tuple(py::cast(*violation.index))) : py::none();
}

}  // namespace

void bind_violation(py::module_& m) {
  // Lives as long as the module; a static py::object would outlive the interpreter.
  const py::object code_type = make_violation_code_type();
  m.attr("ViolationCode") = code_type;

  const auto fields = [code_type](const Violation& v) {
    return py::make_tuple(v.path, code_member(code_type, v.code), v.expected, v.got, v.hint, index_tuple(v), v.count,
                          v.request, v.offset);
  };

  py::class_<Violation>(m, "Violation", py::is_final(),
                        "One thing that is wrong with a batch: where, what was expected, what was got, what to do.\n\n"
                        "Immutable and hashable. Its str is the line of a ValidationError.\n\n"
                        ">>> violation = TensorSpec((None, 3)).violations([1.0])[0]\n"
                        ">>> violation.path, violation.code, violation.expected, violation.got\n"
                        "('input', <ViolationCode.unsupported: 'unsupported'>, 'float32 [None, 3]', 'a Python list')\n")
      .def(py::init([code_type](std::string path, const py::object& code, std::optional<std::string> expected,
                                std::optional<std::string> got, std::optional<std::string> hint,
                                std::optional<std::vector<std::int64_t>> index, std::optional<std::int64_t> count,
                                std::optional<std::int64_t> request, std::optional<std::int64_t> offset) {
             return Violation{std::move(path),
                              code_argument(code_type, code),
                              std::move(expected),
                              std::move(got),
                              std::move(hint),
                              std::move(index),
                              count,
                              request,
                              offset};
           }),
           py::arg("path"), py::arg("code"), py::arg("expected") = py::none(), py::arg("got") = py::none(),
           py::arg("hint") = py::none(), py::arg("index") = py::none(), py::arg("count") = py::none(),
           py::arg("request") = py::none(), py::arg("offset") = py::none())
      .def_readonly("path", &Violation::path, "Where: inputs['ids'], or input for a lone TensorSpec.")
      .def_property_readonly(
          "code", [code_type](const Violation& v) { return code_member(code_type, v.code); }, "What kind.")
      .def_readonly("expected", &Violation::expected, "What the contract asks for, or None.")
      .def_readonly("got", &Violation::got,
                    "What came, or None. Never a tensor's values beyond the one offending scalar.")
      .def_readonly("hint", &Violation::hint, "What most likely went wrong and what to do about it, or None.")
      .def_property_readonly("index", &index_tuple,
                             "Index of the first offending element; for a dimension, its axis. Or None.")
      .def_readonly("count", &Violation::count, "How many elements or axes offend, or None.")
      .def_readonly("request", &Violation::request, "Which of many requests it is in, or None.")
      .def_readonly("offset", &Violation::offset, "Of the byte on the wire, or None.")
      .def("__str__", [](const Violation& v) { return v.path + "  " + text(v); })
      .def("__repr__",
           [fields](const Violation& v) {
             const char* const names[] = {"path",  "code",  "expected", "got",   "hint",
                                          "index", "count", "request",  "offset"};
             const py::tuple values = fields(v);
             std::string out;
             for (std::size_t i = 0; i < values.size(); ++i) {
               if (values[i].is_none()) continue;
               const py::object shown = i == 1 ? py::object(py::str(std::string(name(v.code)))) : py::object(values[i]);
               out += (i == 0 ? "" : ", ") + std::string(names[i]) + "=" + py::repr(shown).cast<std::string>();
             }
             return "Violation(" + out + ")";
           })
      .def("__eq__",
           [](const Violation& a, const py::object& b) -> py::object {
             if (!py::isinstance<Violation>(b)) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
             return py::bool_(a == b.cast<const Violation&>());
           })
      .def("__hash__",
           [](const Violation& v) {
             return static_cast<Py_ssize_t>(
                 Hash().add(v.path).add(static_cast<int>(v.code)).add(v.got.value_or("")).value() >> 1);
           })
      .def("__reduce__", [fields](const py::object& self) {
        return py::make_tuple(py::type::of(self), fields(self.cast<const Violation&>()));
      });

  m.def(
      "at", [](const std::string& parent, const std::string& name) { return at(parent, name); }, py::arg("parent"),
      py::arg("name"), "Return the path of what a mapping holds by a name.");
  m.def("report", &report, py::arg("subject"), py::arg("violations"), py::arg("unlisted"),
        "Return the text of a ValidationError.");
}

}  // namespace tensorgate::python
