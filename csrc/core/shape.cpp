#include "core/shape.h"

#include <algorithm>

#include "core/text.h"

namespace tensorgate {
namespace {

constexpr std::size_t kDimsShown = 10;

template <class Dims, class Write>
std::string join(const Dims& dims, Write write) {
  std::string out = "[";
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis > 0) out += ", ";
    if (axis == kDimsShown) {
      out += "... " + std::to_string(dims.size() - axis) + " more";
      break;
    }
    out += write(dims[axis]);
  }
  return out + "]";
}

// What a dimension is in every batch: a size, or a name. Empty where it may be anything.
std::string identity(const Dim& dim) {
  if (dim.size) return "=" + std::to_string(*dim.size);
  return dim.name.empty() ? std::string() : "@" + dim.name;
}

}  // namespace

bool is_ragged(std::size_t axis, std::int32_t ragged_rank) {
  return axis > 0 && axis <= static_cast<std::size_t>(ragged_rank);
}

bool Renaming::agrees(const Dim& sub, const Dim& super, bool ragged) {
  if (super.size || super.name.empty()) return true;
  const auto [first, is_new] = seen_.emplace(super.name, sub);
  if (ragged && !is_new && sub.name.empty()) return false;
  return is_new || (identity(first->second) == identity(sub) && !identity(sub).empty());
}

void CommonNames::add(const Dim& a, const Dim& b, bool ragged) {
  if (ragged && (a.size || b.size)) return;
  if (a.size && b.size) return;  // TensorFlow's rule for sizes: the same one, or anything
  if (const Pair pair{identity(a), identity(b)}; !pair.first.empty() && !pair.second.empty()) ++places_[pair];
}

void CommonNames::choose() {
  std::set<std::string> used;
  const auto take = [&](const Pair& pair, const std::string& identity) {
    if (chosen_.contains(pair) || !identity.starts_with('@') || !used.insert(identity).second) return;
    chosen_[pair] = identity.substr(1);
  };
  for (const auto& [pair, count] : places_) {
    if (pair.first == pair.second) take(pair, pair.first);
  }
  for (const auto& [pair, count] : places_) {
    if (count < 2) continue;  // a name of a single place requires nothing
    take(pair, pair.first);
    take(pair, pair.second);
  }
  places_.clear();
}

Dim CommonNames::supertype(const Dim& a, const Dim& b) {
  if (!places_.empty()) choose();
  Dim out = common_supertype(a, b);
  if (out.size) return out;
  const auto found = chosen_.find({identity(a), identity(b)});
  out.name = found == chosen_.end() ? std::string() : found->second;
  return out;
}

bool is_compatible(const Shape& a, const Shape& b) {
  if (!a.rank_known() || !b.rank_known()) return true;
  return std::equal(a.dims().begin(), a.dims().end(), b.dims().begin(), b.dims().end(),
                    [](const Dim& x, const Dim& y) { return is_compatible(x, y); });
}

bool is_subtype(const Shape& a, const Shape& b, Renaming& names, std::int32_t ragged_rank) {
  if (!b.rank_known()) return true;
  if (!a.rank_known() || a.dims().size() != b.dims().size()) return false;
  for (std::size_t axis = 0; axis < a.dims().size(); ++axis) {
    const Dim& sub = a.dims()[axis];
    const Dim& super = b.dims()[axis];
    if (!is_subtype(sub, super) || !names.agrees(sub, super, is_ragged(axis, ragged_rank))) return false;
  }
  return true;
}

void add_names(const Shape& a, const Shape& b, CommonNames& names, std::int32_t ragged_rank) {
  if (!a.rank_known() || !b.rank_known() || a.dims().size() != b.dims().size()) return;
  for (std::size_t axis = 0; axis < a.dims().size(); ++axis) {
    names.add(a.dims()[axis], b.dims()[axis], is_ragged(axis, ragged_rank));
  }
}

Shape common_supertype(const Shape& a, const Shape& b, CommonNames& names) {
  if (!a.rank_known() || !b.rank_known() || a.dims().size() != b.dims().size()) return Shape::unknown();
  std::vector<Dim> dims;
  dims.reserve(a.dims().size());
  for (std::size_t axis = 0; axis < a.dims().size(); ++axis) {
    dims.push_back(names.supertype(a.dims()[axis], b.dims()[axis]));
  }
  return Shape(std::move(dims));
}

Shape exact_shape(std::span<const std::int64_t> sizes) {
  std::vector<Dim> dims;
  for (const std::int64_t size : sizes) dims.push_back({.size = size});
  return Shape(std::move(dims));
}

std::string text(const Shape& shape) {
  if (!shape.rank_known()) return "of unknown rank";
  return join(shape.dims(), [](const Dim& dim) { return text(dim); });
}

std::string text(std::span<const std::int64_t> dims) {
  return join(dims, [](std::int64_t size) { return std::to_string(size); });
}

}  // namespace tensorgate
