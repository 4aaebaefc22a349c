#include "python/batch.h"

#include <algorithm>
#include <cstring>

#include "core/text.h"
#include "python/composite_tensor.h"
#include "python/description.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/gate.h"
#include "python/mapping.h"
#include "python/nest_object.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

// A key as a path shows it: inputs['ids'], inputs[3].
std::string key_path(const std::string& parent, py::handle key, const NameLimits& limits) {
  if (py::isinstance<py::str>(key)) return at(parent, utf8_bytes(key), limits.max_characters);
  if (key.is_none()) return parent + "[None]";
  int overflow = 0;
  if (PyLong_CheckExact(key.ptr())) {
    const long long number = PyLong_AsLongLongAndOverflow(key.ptr(), &overflow);
    if (overflow == 0) return parent + "[" + std::to_string(number) + "]";
  }
  return parent + "[<" + type_text(key) + ">]";
}

// What a typo is looked for in; a key that is no str is none.
std::string key_name(py::handle key) { return py::isinstance<py::str>(key) ? utf8_bytes(key) : std::string(); }

// A dict's keys have their hashes at hand, so that most other names are told apart without a look at the text.
bool is_name(PyObject* name, PyObject* key) {
  if (name == key) return true;
  if (reinterpret_cast<PyASCIIObject*>(name)->hash != reinterpret_cast<PyASCIIObject*>(key)->hash) return false;
  const Py_ssize_t length = PyUnicode_GET_LENGTH(name);
  const auto width = static_cast<Py_ssize_t>(PyUnicode_KIND(name));
  return length == PyUnicode_GET_LENGTH(key) && PyUnicode_KIND(name) == PyUnicode_KIND(key) &&
         std::memcmp(PyUnicode_DATA(name), PyUnicode_DATA(key), static_cast<std::size_t>(length * width)) == 0;
}

// True where an object is a container of the nest's kind and form; a dict is looked at elsewhere.
bool has_form(py::handle value, Nest::Kind kind, const std::vector<py::str>& names, std::size_t count) {
  const auto size = static_cast<Py_ssize_t>(count);
  if (kind == Nest::Kind::list) return PyList_Check(value.ptr()) && PyList_GET_SIZE(value.ptr()) == size;
  const bool is_tuple = PyTuple_Check(value.ptr());
  if (kind != Nest::Kind::dataclass && (!is_tuple || PyTuple_GET_SIZE(value.ptr()) != size)) return false;
  const py::object fields = field_names(value);
  if (kind == Nest::Kind::tuple) return !fields;
  if (!fields || is_tuple != (kind == Nest::Kind::named_tuple)) return false;
  const auto own = py::tuple(fields);
  return own.size() == count && std::equal(own.begin(), own.end(), names.begin(), [](py::handle a, const py::str& b) {
           return py::isinstance<py::str>(a) && b.equal(a);
         });
}

// The i-th child of a container that has_form; null where code that ran meanwhile took it away.
py::object child_of(py::handle value, Nest::Kind kind, const std::vector<py::str>& names, std::size_t i) {
  const auto at = static_cast<Py_ssize_t>(i);
  if (kind == Nest::Kind::dataclass) return py::getattr(value, names[i]);
  if (kind == Nest::Kind::list) {
    if (at >= PyList_GET_SIZE(value.ptr())) return {};
    return py::reinterpret_borrow<py::object>(PyList_GET_ITEM(value.ptr(), at));
  }
  return py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(value.ptr(), at));
}

std::string got_text(py::handle value) {
  std::string out = with_article(type_text(value));
  Py_ssize_t size = -1;
  if (PyList_Check(value.ptr())) size = PyList_GET_SIZE(value.ptr());
  if (PyTuple_Check(value.ptr())) size = PyTuple_GET_SIZE(value.ptr());
  return size < 0 ? out : out + " of " + std::to_string(size);
}

}  // namespace

BatchGate::BatchGate(const Nest& inputs) : plan_(inputs) {
  std::size_t tensors = 0;
  root_ = make_node(inputs, tensors);
  is_lone_ = root_->kind == Nest::Kind::tensor;
}

std::unique_ptr<BatchGate::Node> BatchGate::make_node(const Nest& nest, std::size_t& tensors) const {
  auto node = std::make_unique<Node>();
  node->kind = nest.kind;
  node->tensor = tensors;
  const auto is_dense = [](const Nest& of) {
    return of.kind == Nest::Kind::tensor && of.tensor.encoding == Encoding::dense;
  };
  if (nest.kind == Nest::Kind::tensor) {
    // A child without a container: what stands at the root.
    if (is_dense(nest)) node->children.push_back({nullptr, ArrayPlan(plan_.tensors()[tensors]), true, nullptr});
    ++tensors;
    return node;
  }
  for (const auto& [text, child] : nest.children) {
    PyObject* name = PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
    if (name == nullptr) throw py::error_already_set();
    // Interned, so that a caller's literal is the same object and comparing pointers suffices.
    PyUnicode_InternInPlace(&name);
    node->names.push_back(py::reinterpret_steal<py::str>(name));
    node->index[node->names.back()] = node->children.size();
    const std::size_t tensor = tensors;
    const Node* nested = node->nested.emplace_back(make_node(child, tensors)).get();
    const bool required = !is_optional(child);
    if (is_dense(child)) {
      node->children.push_back({name, ArrayPlan(plan_.tensors()[tensor]), required, nullptr});
    } else {
      node->children.push_back({name, ArrayPlan(TensorPlan{.dtype = DType::variant}), required, nested});
    }
    node->required += required ? 1 : 0;
  }
  for (const Child& child : node->children) node->order.push_back(&child);
  return node;
}

// Out of line: of the names that come again and again it is the pointers that are compared.
[[gnu::noinline]] const BatchGate::Child* BatchGate::find(const Node& node, const Child*& expected, PyObject* key) {
  // Any other key's hash and == may be Python code, which need not go by its text.
  if (!PyUnicode_CheckExact(key)) return nullptr;
  if (is_name(expected->name, key)) return expected;
  constexpr std::size_t kScan = 16;
  if (node.children.size() <= kScan) {
    for (const Child& child : node.children) {
      if (child.name == key) return expected = &child;
    }
  }
  PyObject* position = PyDict_GetItemWithError(node.index.ptr(), key);
  return position == nullptr ? nullptr : expected = &node.children[PyLong_AsSize_t(position)];
}

// Out of line: most dicts hold plain arrays, which are judged where they are met.
[[gnu::noinline]] BatchGate::Verdict BatchGate::judge_child(const Child& child, PyObject* value, Bindings& bindings) {
  if (child.nested != nullptr) return judge_node(*child.nested, value, bindings);
  return value_matches(value, child.tensor, bindings) ? Verdict::accepted : Verdict::refused;
}

template <bool may_lack>
inline BatchGate::Verdict BatchGate::judge_items(const Node& node, PyObject* batch, std::size_t size,
                                                 Bindings& bindings) {
  Py_ssize_t position = 0;
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  std::size_t required = 0;
  const Child** expected = node.order.data();
  for (const Child** const end = expected + size; expected != end; ++expected) {
    if (!PyDict_Next(batch, &position, &key, &value)) return Verdict::unsure;  // it changed meanwhile
    const Child* child = *expected;
    if (child->name != key) [[unlikely]] {
      child = find(node, *expected, key);
      if (child == nullptr) return PyUnicode_CheckExact(key) ? Verdict::refused : Verdict::unsure;
    }
    if (is_plain_array(value, child->tensor)) [[likely]] {
      if (!plain_array_matches(reinterpret_cast<PyArrayObject*>(value), child->tensor, bindings)) {
        return Verdict::refused;
      }
    } else {
      if (const Verdict verdict = judge_child(*child, value, bindings); verdict != Verdict::accepted) return verdict;
      // An object's own code may have added what would not be looked at.
      if (static_cast<std::size_t>(PyDict_GET_SIZE(batch)) != size) return Verdict::unsure;
    }
    if (may_lack) required += child->required ? 1 : 0;
  }
  return !may_lack || required == node.required ? Verdict::accepted : Verdict::refused;
}

inline BatchGate::Verdict BatchGate::judge_dict(const Node& node, PyObject* batch, Bindings& bindings) {
  if (!PyDict_CheckExact(batch)) return Verdict::unsure;
  // A dict's keys are distinct: as many as there are names are all of them.
  const auto size = static_cast<std::size_t>(PyDict_GET_SIZE(batch));
  if (size == node.order.size()) [[likely]]
    return judge_items<false>(node, batch, size, bindings);
  return size < node.order.size() ? judge_items<true>(node, batch, size, bindings) : Verdict::refused;
}

// Out of line: most signatures are a dict of dense tensors.
[[gnu::noinline]] BatchGate::Verdict BatchGate::judge_node(const Node& node, PyObject* value, Bindings& bindings) {
  // What runs below may drop the last reference that a batch holds.
  const auto held = py::reinterpret_borrow<py::object>(value);
  if (node.kind == Nest::Kind::dict) return judge_dict(node, value, bindings);
  if (node.kind == Nest::Kind::tensor) return Verdict::unsure;  // of several parts
  // Whatever goes wrong in an object's own code, the slow look says so.
  try {
    if (!has_form(held, node.kind, node.names, node.children.size())) return Verdict::refused;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
      const py::object child = child_of(held, node.kind, node.names, i);
      if (!child) return Verdict::refused;
      const Verdict verdict = judge_child(node.children[i], child.ptr(), bindings);
      if (verdict != Verdict::accepted) return verdict;
    }
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    return Verdict::unsure;
  }
  return Verdict::accepted;
}

BatchGate::Verdict BatchGate::judge_nest(PyObject* batch, ValueWork* put_off) const {
  Bindings bindings(plan_, put_off);
  const Verdict verdict =
      root_->kind == Nest::Kind::dict ? judge_dict(*root_, batch, bindings) : judge_node(*root_, batch, bindings);
  if (verdict != Verdict::accepted) return verdict;
  return plan_.allows(bindings.data()) ? Verdict::accepted : Verdict::refused;
}

// Apart, as a lone array is judged in less time than it takes to set up the frame of a walk.
BatchGate::Verdict BatchGate::judge_lone(PyObject* value, ValueWork* put_off) const {
  if (root_->children.empty()) return Verdict::unsure;
  Bindings bindings(plan_, put_off);
  const bool passes = value_matches(value, root_->children[0].tensor, bindings) && plan_.allows(bindings.data());
  return passes ? Verdict::accepted : Verdict::refused;
}

std::vector<py::object> BatchGate::dict_children(const Node& node, const Nest& nest,
                                                 const std::vector<std::pair<py::object, py::object>>& items,
                                                 const std::string& path, Inspection& inspection) {
  const NameLimits& names = inspection.out().names();
  std::vector<py::object> given(nest.children.size());
  std::vector<py::object> unknown;
  for (const auto& [key, value] : items) {
    // An exact str hashes and compares by its text alone.
    const auto text = py::isinstance<py::str>(key) ? py::reinterpret_steal<py::object>(PyUnicode_FromObject(key.ptr()))
                                                   : py::object();
    PyObject* position = text ? PyDict_GetItemWithError(node.index.ptr(), text.ptr()) : nullptr;
    if (position == nullptr) {
      unknown.push_back(key);
    } else if (py::object& slot = given[PyLong_AsSize_t(position)]; slot) {
      inspection.out().add({.path = key_path(path, key, names), .code = ViolationCode::duplicate});
    } else {
      slot = value;
    }
  }
  // What an unknown name may have meant is one of those that are not there.
  std::vector<std::string_view> absent;
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!given[i]) absent.push_back(nest.children[i].first);
  }
  for (const py::object& key : unknown) inspection.unexpected(key_path(path, key, names), key_name(key), absent);
  return given;
}

std::optional<std::vector<py::object>> BatchGate::children_of(const Node& node, const Nest& nest, py::handle value,
                                                              const std::string& path, Inspection& inspection) {
  const auto refuse = [&](const std::string& got, std::optional<std::string> hint) {
    inspection.out().add(
        {.path = path, .code = ViolationCode::structure, .expected = text(nest), .got = got, .hint = std::move(hint)});
    return std::nullopt;
  };
  if (nest.kind != Nest::Kind::dict) {
    std::vector<py::object> children;
    try {
      if (!has_form(value, nest.kind, node.names, nest.children.size())) return refuse(got_text(value), std::nullopt);
      for (std::size_t i = 0; i < nest.children.size(); ++i) {
        children.push_back(child_of(value, nest.kind, node.names, i));
        if (!children.back()) return refuse("a list that changed while it was looked at", std::nullopt);
      }
    } catch (py::error_already_set& error) {
      if (is_fatal(error)) throw;
      return refuse(with_article(type_text(value)), "it raised " + exception_text(error));
    }
    return children;
  }
  if (!is_mapping(value)) {
    const bool lone = nest.children.size() == 1 && exporter_of(value) != Exporter::unknown;
    return refuse(with_article(type_text(value)),
                  lone ? "pass {" + quoted(nest.children[0].first) + ": ...}" : "pass a dict of arrays by name");
  }
  std::vector<std::pair<py::object, py::object>> items;
  try {
    // A copy of the references: looking at a value may run code that changes the batch.
    for (const py::handle item : items_of(value)) items.push_back(pair_of(item));
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    return refuse(with_article(type_text(value)), "its items() raised " + exception_text(error));
  }
  return dict_children(node, nest, items, path, inspection);
}

void BatchGate::inspect_node(const Node& node, const Nest& nest, py::handle value, const std::string& path,
                             Inspection& inspection, bool elements) const {
  if (nest.kind == Nest::Kind::tensor) {
    return inspect_leaf(value, node.tensor, nest.tensor, path, inspection, elements);
  }
  const auto children = children_of(node, nest, value, path, inspection);
  if (!children) return;
  for (std::size_t i = 0; i < children->size(); ++i) {
    const auto& child = nest.children[i].second;
    if ((*children)[i]) {
      inspect_node(*node.nested[i], child, (*children)[i], child_path(nest, i, path), inspection, elements);
    } else if (!is_optional(child)) {
      inspection.missing(child, child_path(nest, i, path));
    }
  }
}

void BatchGate::inspect(py::handle batch, const Nest& inputs, Violations& out, bool elements,
                        const std::string& root) const {
  Inspection inspection(plan_, out);
  inspect_node(*root_, inputs, batch, root, inspection, elements);
}

bool BatchGate::flatten_node(const Node& node, const Nest& nest, const py::object& value, const std::string& path,
                             Inspection& inspection, std::vector<Leaf>& out) const {
  if (nest.kind == Nest::Kind::tensor) {
    out.push_back({path, &nest.tensor, node.tensor, value});
    return true;
  }
  std::vector<py::object> children(nest.children.size());
  if (value) {
    auto found = children_of(node, nest, value, path, inspection);
    if (!found || !inspection.out().empty()) return false;
    children = std::move(*found);
  }
  for (const std::size_t i : nest_order(nest)) {
    const auto& child = nest.children[i].second;
    if (value && !children[i] && !is_optional(child)) return false;
    if (!flatten_node(*node.nested[i], child, children[i], child_path(nest, i, path), inspection, out)) return false;
  }
  return true;
}

bool BatchGate::collect_node(const Node& node, PyObject* value, std::span<py::object> out) {
  if (node.kind == Nest::Kind::tensor) {
    out[node.tensor] = py::reinterpret_borrow<py::object>(value);
    return true;
  }
  const bool is_dict = node.kind == Nest::Kind::dict;
  if (!is_dict && !has_form(value, node.kind, node.names, node.children.size())) return false;
  // Of other mappings it is the items that are checked, whatever __getitem__ gives.
  py::object items;
  if (is_dict && !PyDict_CheckExact(value)) items = py::dict(items_of(value));
  PyObject* mapping = items ? items.ptr() : value;
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    py::object child;
    if (is_dict) {
      PyObject* found = PyDict_GetItemWithError(mapping, node.children[i].name);
      if (found == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
      child = py::reinterpret_borrow<py::object>(found);
    } else {
      child = child_of(value, node.kind, node.names, i);
    }
    if (!child) {
      if (node.children[i].required) return false;
      continue;
    }
    if (!collect_node(*node.nested[i], child.ptr(), out)) return false;
  }
  return true;
}

std::optional<std::vector<BatchGate::Leaf>> BatchGate::flatten(py::handle batch, const Nest& inputs) const {
  Violations found(1);
  Inspection inspection(plan_, found);
  std::vector<Leaf> out;
  if (!flatten_node(*root_, inputs, py::reinterpret_borrow<py::object>(batch), "inputs", inspection, out))
    return std::nullopt;
  return out;
}

}  // namespace tensorgate::python
