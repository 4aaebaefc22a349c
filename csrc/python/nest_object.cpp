#include "python/nest_object.h"

#include <pybind11/stl.h>

#include <set>

#include "core/text.h"
#include "python/arguments.h"
#include "python/description.h"
#include "python/mapping.h"
#include "python/spec_type.h"

namespace tensorgate::python {
namespace {

// What holds itself would go on for ever, and what holds a part twice at each level nearly so.
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxTensors = std::size_t{1} << 17;

void add_items(py::handle mapping, const std::string& path, int depth, std::size_t& tensors, Nest& out);
Nest to_nest(py::handle value, const std::string& path, int depth, std::size_t& tensors);

void add_fields(py::handle value, const py::tuple& fields, const std::string& path, int depth, std::size_t& tensors,
                Nest& out) {
  out.type_name = string_argument(py::type::handle_of(value).attr("__name__"), "the name of a type");
  for (const py::handle field : fields) {
    std::string name = string_argument(field, "the name of a field");
    const py::object child = py::getattr(value, field);
    out.children.emplace_back(name, to_nest(child, path + "." + name, depth + 1, tensors));
  }
}

Nest to_nest(py::handle value, const std::string& path, int depth, std::size_t& tensors) {
  if (depth > kMaxDepth) throw py::value_error(path + " is nested over " + std::to_string(kMaxDepth) + " deep");
  if (const TensorSpec* spec = spec_of(value)) {
    if (++tensors > kMaxTensors) throw py::value_error("over " + std::to_string(kMaxTensors) + " tensors in one nest");
    return Nest::of(*spec);
  }
  Nest out;
  if (is_mapping(value)) {
    add_items(value, path, depth, tensors, out);
  } else if (const py::object fields = field_names(value)) {
    out.kind = PyTuple_Check(value.ptr()) ? Nest::Kind::named_tuple : Nest::Kind::dataclass;
    add_fields(value, fields, path, depth, tensors, out);
  } else if (PyTuple_Check(value.ptr()) || PyList_Check(value.ptr())) {
    out.kind = PyList_Check(value.ptr()) ? Nest::Kind::list : Nest::Kind::tuple;
    for (const py::handle child : py::tuple(py::reinterpret_borrow<py::object>(value))) {
      out.children.emplace_back(
          "", to_nest(child, path + "[" + std::to_string(out.children.size()) + "]", depth + 1, tensors));
    }
  } else {
    throw py::type_error(path + " is " + with_article(type_text(value)) +
                         "; it must be a spec, such as tensorgate.TensorSpec, or a dict, list, tuple, namedtuple or "
                         "dataclass of them");
  }
  return out;
}

void add_items(py::handle mapping, const std::string& path, int depth, std::size_t& tensors, Nest& out) {
  std::set<std::string> names;
  for (const py::handle item : items_of(mapping)) {
    const auto [key, child] = pair_of(item);
    std::string name = string_argument(key, "the name of a tensor");
    if (!names.insert(name).second) {
      throw py::value_error(path + " has two tensors of the name " + quoted(name));
    }
    Nest nest = to_nest(child, at(path, name), depth + 1, tensors);
    out.children.emplace_back(std::move(name), std::move(nest));
  }
}

py::tuple names_of(const Nest& nest) {
  py::tuple out(nest.children.size());
  for (std::size_t i = 0; i < nest.children.size(); ++i) out[i] = py::str(nest.children[i].first);
  return out;
}

}  // namespace

py::object field_names(py::handle value) {
  const py::handle type = py::type::handle_of(value);
  if (PyTuple_Check(value.ptr())) {
    return PyTuple_CheckExact(value.ptr()) ? py::object() : py::getattr(type, "_fields", py::object());
  }
  if (PyType_Check(value.ptr()) || !py::hasattr(type, "__dataclass_fields__")) return {};
  py::list names;
  for (const py::handle field : py::module_::import("dataclasses").attr("fields")(value))
    names.append(field.attr("name"));
  return py::tuple(names);
}

Nest nest_argument(py::handle value, const char* what) {
  std::size_t tensors = 0;
  return to_nest(value, what, 0, tensors);
}

py::object nest_object(const Nest& nest, bool read_only) {
  if (nest.kind == Nest::Kind::tensor) return spec_object(nest.tensor);
  if (nest.kind == Nest::Kind::dict) {
    py::dict out;
    for (const auto& [name, child] : nest.children) out[py::str(name)] = nest_object(child, read_only);
    if (!read_only) return out;
    auto view = py::reinterpret_steal<py::object>(PyDictProxy_New(out.ptr()));
    if (!view) throw py::error_already_set();
    return view;
  }
  py::list children;
  for (const auto& [name, child] : nest.children) children.append(nest_object(child, read_only));
  switch (nest.kind) {
    case Nest::Kind::list:
      return children;
    case Nest::Kind::tuple:
      return py::tuple(children);
    default:
      break;
  }
  const char* make = nest.kind == Nest::Kind::named_tuple ? "named_tuple_type" : "dataclass_type";
  return py::module_::import("tensorgate.nests").attr(make)(nest.type_name, names_of(nest))(*py::tuple(children));
}

}  // namespace tensorgate::python
