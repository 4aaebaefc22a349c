#include <array>
#include <string>
#include <utility>

#include "core/text.h"
#include "python/bindings.h"
#include "python/description.h"
#include "python/limits_argument.h"

namespace tensorgate::python {
namespace {

using serving::Limits;

template <class Number>
struct Member {
  const char* name;
  Number Limits::*value;
  const char* doc;
};

constexpr std::array<Member<std::uint64_t>, 2> kBytes{{
    {"max_request_bytes", &Limits::max_request_bytes,
     "Of a request, a response, a lone message, all Examples of a batch, or a record of a file."},
    {"max_tensor_bytes", &Limits::max_tensor_bytes,
     "Of a tensor, however few bytes ask for it, and of all in a request that are no views on its bytes."},
}};

constexpr std::array<Member<std::size_t>, 9> kCounts{{
    {"max_rank", &Limits::max_rank, "Dimensions of a tensor, up to NumPy's 64."},
    {"max_inputs", &Limits::max_inputs, "Tensors in a request or response."},
    {"max_examples", &Limits::max_examples, "Examples in a batch."},
    {"max_features", &Limits::max_features, "Features of an Example."},
    {"max_depth", &Limits::max_depth, "Levels of nested lists and objects in JSON."},
    {"max_violations", &Limits::max_violations, "Violations that an error keeps; the rest are counted."},
    {"max_name_characters", &Limits::max_name_characters, "Characters of a name in a message."},
    {"max_names_searched", &Limits::max_names_searched, "Unknown names for which the nearest known one is sought."},
    {"max_searched_length", &Limits::max_searched_length, "Bytes of a name that takes part in that search, up to 64."},
}};

template <class Visit>
void for_each_member(const Visit& visit) {
  for (const auto& member : kBytes) visit(member);
  for (const auto& member : kCounts) visit(member);
}

Limits limits_of(const py::args& args, const py::kwargs& kwargs) {
  if (!args.empty()) throw py::type_error("Limits takes keyword arguments alone");
  Limits out;
  std::size_t known = 0;
  for_each_member([&](const auto& member) {
    if (!kwargs.contains(member.name)) return;
    ++known;
    const py::object value = kwargs[member.name];
    if (PyBool_Check(value.ptr()) || !PyLong_Check(value.ptr())) {
      throw py::type_error(std::string(member.name) + " is " + with_article(type_text(value)) + "; it must be an int");
    }
    int overflow = 0;
    const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
    if (overflow != 0 || number < 0) throw py::value_error(std::string(member.name) + " must be in 0 to 2**63 - 1");
    out.*(member.value) = static_cast<std::uint64_t>(number);
  });
  if (known != kwargs.size()) {
    for (const auto& item : kwargs) {
      bool found = false;
      for_each_member([&](const auto& member) { found |= item.first.cast<std::string>() == member.name; });
      if (!found) throw py::type_error("there is no limit " + quoted(item.first.cast<std::string>()));
    }
  }
  const Limits most;
  if (out.max_rank > most.max_rank) {
    throw py::value_error("max_rank must be at most " + std::to_string(most.max_rank));
  }
  if (out.max_searched_length > most.max_searched_length) {
    throw py::value_error("max_searched_length must be at most " + std::to_string(most.max_searched_length));
  }
  if (out.max_violations == 0) throw py::value_error("max_violations must be at least 1");
  return out;
}

std::string limits_repr(const Limits& limits) {
  std::string out;
  const Limits defaults;
  for_each_member([&](const auto& member) {
    if (limits.*(member.value) == defaults.*(member.value)) return;
    out += (out.empty() ? "" : ", ") + std::string(member.name) + "=" + std::to_string(limits.*(member.value));
  });
  return "Limits(" + out + ")";
}

}  // namespace

const Limits& limits_argument(py::handle limits) {
  static const Limits kDefaults;
  if (limits.is_none()) return kDefaults;
  if (!py::isinstance<Limits>(limits)) {
    throw py::type_error("limits is " + with_article(type_text(limits)) + "; it must be a tensorgate.serving.Limits");
  }
  return limits.cast<const Limits&>();
}

void bind_limits(py::module_& m) {
  py::class_<Limits> type(m, "Limits", py::is_final(),
                          "What a request may ask for; what asks for more is a violation, `too_large`.\n\n"
                          "Immutable. All arguments are ints, given by keyword.\n\n"
                          ">>> Limits(max_rank=8, max_request_bytes=1 << 20)\n"
                          "Limits(max_request_bytes=1048576, max_rank=8)\n");
  type.def(py::init(&limits_of));
  for_each_member([&](const auto& member) { type.def_readonly(member.name, member.value, member.doc); });
  type.def("__repr__", &limits_repr);
  const auto fields = [](const Limits& limits) {
    py::dict out;
    for_each_member([&](const auto& member) { out[member.name] = limits.*(member.value); });
    return out;
  };
  type.def("__eq__", [](const Limits& a, const py::object& b) -> py::object {
    if (!py::isinstance<Limits>(b)) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
    return py::bool_(a == b.cast<const Limits&>());
  });
  type.def("__hash__", [](const Limits& limits) { return py::hash(py::str(limits_repr(limits))); });
  type.def(py::pickle(fields, [](const py::dict& state) { return limits_of(py::args(), py::kwargs(state)); }));
}

}  // namespace tensorgate::python
