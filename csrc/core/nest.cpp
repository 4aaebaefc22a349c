#include "core/nest.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>

#include "core/hash.h"
#include "core/text.h"

namespace tensorgate {
namespace {

using Kind = Nest::Kind;

// Named tuples and dataclasses are told by their fields, as a batch's are.
bool same_form(const Nest& a, const Nest& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Kind::tensor || a.kind == Kind::dict) return true;
  return std::equal(a.children.begin(), a.children.end(), b.children.begin(), b.children.end(),
                    [](const auto& x, const auto& y) { return x.first == y.first; });
}

// Calls `visit` with each child of `a` and its counterpart in `b`, null where that has none; false ends the walk.
bool for_each_pair(const Nest& a, const Nest& b, const std::function<bool(const Nest&, const Nest*)>& visit) {
  if (a.kind != Kind::dict) {
    for (std::size_t i = 0; i < a.children.size(); ++i) {
      if (!visit(a.children[i].second, &b.children[i].second)) return false;
    }
    return true;
  }
  std::unordered_map<std::string_view, const Nest*> others;
  for (const auto& [key, child] : b.children) others.emplace(key, &child);
  return std::all_of(a.children.begin(), a.children.end(), [&](const auto& child) {
    const auto found = others.find(child.first);
    return visit(child.second, found == others.end() ? nullptr : found->second);
  });
}

bool lacks_only_optional(const Nest& a, const Nest& b) {
  return for_each_pair(a, b, [](const Nest& own, const Nest* other) { return other != nullptr || is_optional(own); });
}

// What only one of two contracts has, in their supertype: its names could come to mean the other's, and go.
Nest optional_copy(const Nest& nest) {
  Nest out = nest;
  for_each_tensor(out, [](TensorSpec& spec) {
    spec.optional = true;
    if (!spec.shape.rank_known()) return;
    std::vector<Dim> dims = spec.shape.dims();
    for (Dim& dim : dims) dim.name.clear();
    spec.shape = Shape(std::move(dims));
  });
  return out;
}

}  // namespace

std::string child_path(const Nest& parent, std::size_t child, const std::string& parent_path) {
  switch (parent.kind) {
    case Kind::dict:
      return at(parent_path, parent.children[child].first);
    case Kind::named_tuple:
    case Kind::dataclass:
      return parent_path + "." + escaped(parent.children[child].first);
    default:
      return parent_path + "[" + std::to_string(child) + "]";
  }
}

std::string text(const Nest& nest) {
  const std::size_t count = nest.children.size();
  const auto of = [&](const char* what) {
    return std::string(what) + " of " + std::to_string(count) + (count == 1 ? " input" : " inputs");
  };
  switch (nest.kind) {
    case Kind::tensor:
      return text(nest.tensor);
    case Kind::dict:
      return of("a dict");
    case Kind::list:
      return of("a list");
    case Kind::tuple:
      return of("a tuple");
    default:
      break;
  }
  std::string fields;
  for (const auto& [name, child] : nest.children) fields += (fields.empty() ? "" : ", ") + name;
  return escaped((nest.kind == Kind::dataclass ? "a dataclass " : "a namedtuple ") + nest.type_name + "(" + fields +
                 ")");
}

bool is_optional(const Nest& nest) {
  if (nest.kind == Kind::tensor) return nest.tensor.optional;
  return std::all_of(nest.children.begin(), nest.children.end(),
                     [](const auto& child) { return is_optional(child.second); });
}

void for_each_tensor(const Nest& nest, const std::string& path,
                     const std::function<void(const std::string&, const TensorSpec&)>& visit) {
  if (nest.kind == Kind::tensor) return visit(path, nest.tensor);
  for (std::size_t i = 0; i < nest.children.size(); ++i) {
    for_each_tensor(nest.children[i].second, child_path(nest, i, path), visit);
  }
}

void for_each_tensor(Nest& nest, const std::function<void(TensorSpec&)>& visit) {
  if (nest.kind == Kind::tensor) return visit(nest.tensor);
  for (auto& [name, child] : nest.children) for_each_tensor(child, visit);
}

std::vector<std::size_t> nest_order(const Nest& nest) {
  std::vector<std::size_t> order(nest.children.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (nest.kind == Kind::dict) {
    // UTF-8 sorts as its code points do, which is how Python sorts a str.
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return nest.children[a].first < nest.children[b].first; });
  }
  return order;
}

const Nest* find_child(const Nest& dict, const std::string& key) {
  const auto found =
      std::find_if(dict.children.begin(), dict.children.end(), [&](const auto& child) { return child.first == key; });
  return dict.kind != Kind::dict || found == dict.children.end() ? nullptr : &found->second;
}

bool operator==(const Nest& a, const Nest& b) {
  if (!same_form(a, b) || a.type_name != b.type_name || a.children.size() != b.children.size()) return false;
  if (a.kind == Kind::tensor) return a.tensor == b.tensor;
  return for_each_pair(a, b, [](const Nest& own, const Nest* other) { return other != nullptr && own == *other; });
}

std::size_t hash(const Nest& nest) {
  Hash out;
  out.add(static_cast<int>(nest.kind)).add(nest.type_name);
  if (nest.kind == Kind::tensor) out.add(hash(nest.tensor));
  std::size_t sum = 0;  // so that the order does not count
  for (const auto& [name, child] : nest.children) sum += Hash().add(name).add(hash(child)).value();
  return out.add(sum).value();
}

bool is_compatible(const Nest& a, const Nest& b) {
  if (!same_form(a, b)) return false;
  if (a.kind == Kind::tensor) return is_compatible(a.tensor, b.tensor);
  return lacks_only_optional(a, b) && lacks_only_optional(b, a) &&
         for_each_pair(a, b, [](const Nest& own, const Nest* other) {
           // What both may leave out need not agree.
           return other == nullptr || is_compatible(own, *other) || (is_optional(own) && is_optional(*other));
         });
}

bool is_subtype(const Nest& a, const Nest& b, Renaming& names) {
  if (!same_form(a, b)) return false;
  if (a.kind == Kind::tensor) return is_subtype(a.tensor, b.tensor, names);
  return lacks_only_optional(b, a) && for_each_pair(a, b, [&](const Nest& own, const Nest* other) {
           return other != nullptr && is_subtype(own, *other, names);
         });
}

void add_names(const Nest& a, const Nest& b, CommonNames& names) {
  if (!same_form(a, b)) return;
  if (a.kind == Kind::tensor) return add_names(a.tensor.shape, b.tensor.shape, names, a.tensor.ragged_rank);
  for_each_pair(a, b, [&](const Nest& own, const Nest* other) {
    if (other != nullptr) add_names(own, *other, names);
    return true;
  });
}

std::optional<Nest> common_supertype(const Nest& a, const Nest& b, CommonNames& names) {
  if (!same_form(a, b)) return std::nullopt;
  if (a.kind == Kind::tensor) {
    auto tensor = common_supertype(a.tensor, b.tensor, names);
    return tensor ? std::optional(Nest::of(std::move(*tensor))) : std::nullopt;
  }
  Nest out{.kind = a.kind, .type_name = a.type_name};
  for (std::size_t i = 0; i < a.children.size(); ++i) {
    const auto& [name, own] = a.children[i];
    const Nest* other = a.kind == Kind::dict ? find_child(b, name) : &b.children[i].second;
    auto child = other == nullptr ? std::optional(optional_copy(own)) : common_supertype(own, *other, names);
    if (!child) return std::nullopt;
    out.children.emplace_back(name, std::move(*child));
  }
  for (const auto& [name, other] : b.children) {
    if (a.kind == Kind::dict && find_child(a, name) == nullptr) out.children.emplace_back(name, optional_copy(other));
  }
  return out;
}

}  // namespace tensorgate
