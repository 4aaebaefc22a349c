#include "core/value_relations.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "core/bounds.h"
#include "core/broadcast.h"
#include "core/element.h"
#include "core/text.h"

namespace tensorgate {
namespace {

// The numbers or strings that either set holds.
TensorValue united(const TensorValue& a, const TensorValue& b) {
  TensorValue out = a;
  out.bytes += b.bytes;
  out.strings.insert(out.strings.end(), b.strings.begin(), b.strings.end());
  sort_unique(out);
  return out;
}

// The lowest or highest of a bound's elements along the dimensions that `shape` does not fix.
TensorValue fitted(const TensorValue& bound, const Shape& shape, bool lowest) {
  std::vector<std::int64_t> dims;
  if (shape.rank_known() && shape.dims().size() >= bound.dims.size()) {
    const std::size_t lead = shape.dims().size() - bound.dims.size();
    for (std::size_t axis = 0; axis < bound.dims.size(); ++axis) {
      dims.push_back(shape.dims()[lead + axis].size == bound.dims[axis] ? bound.dims[axis] : 1);
    }
  }
  if (dims == bound.dims) return bound;
  TensorValue out{.dtype = bound.dtype, .dims = dims};
  const std::size_t size = item_size(bound.dtype);
  const auto left = static_cast<std::size_t>(bounded_size(dims, kMaxBoundElements));
  std::vector<bool> seen(left);
  out.bytes.resize(left * size);
  for (Indices at(bound.dims); at.more(); at.next()) {
    const char* from = element_at(bound, at.index());
    char* to = const_cast<char*>(element_at(out, at.index()));
    const auto slot = static_cast<std::size_t>(to - out.bytes.data()) / size;
    const auto order = seen[slot] ? compare(bound.dtype, from, to) : std::partial_ordering::unordered;
    if (!seen[slot] || (lowest ? order < 0 : order > 0)) std::memcpy(to, from, size);
    seen[slot] = true;
  }
  return out;
}

// A bound below, or above, both; nothing where one side has none.
std::optional<TensorValue> widened(const std::optional<TensorValue>& a, const std::optional<TensorValue>& b,
                                   const Shape& shape, bool lowest) {
  if (!a || !b) return std::nullopt;
  const TensorValue x = fitted(*a, shape, lowest);
  const TensorValue y = fitted(*b, shape, lowest);
  const auto dims = broadcast_dims(x.dims, y.dims);
  if (!dims || bounded_size(*dims, kMaxBoundElements) > kMaxBoundElements) return std::nullopt;
  TensorValue out{.dtype = x.dtype, .dims = *dims};
  for (Indices at(*dims); at.more(); at.next()) {
    const char* one = element_at(x, at.index());
    const char* two = element_at(y, at.index());
    const auto order = compare(x.dtype, one, two);
    out.bytes.append((lowest ? order <= 0 : order >= 0) ? one : two, item_size(x.dtype));
  }
  return out;
}

// Bounds and finite, as what one_of's values imply of them.
ValueRules implied(const ValueRules& rules, DType dtype) {
  if (!rules.one_of || kind(dtype) == DTypeKind::string) return rules;
  ValueRules out;
  out.finite = true;
  for (std::size_t i = 0; i < count(*rules.one_of); ++i) {
    const char* value = element(*rules.one_of, i);
    out.finite = out.finite && is_finite(dtype, value);
    if (kind(dtype) == DTypeKind::complex || kind(dtype) == DTypeKind::boolean) continue;
    if (is_nan(dtype, value)) return {};
    const TensorValue one{.dtype = dtype, .bytes = std::string(value, item_size(dtype))};
    if (!out.minimum || compare(dtype, value, out.minimum->bytes.data()) < 0) out.minimum = one;
    if (!out.maximum || compare(dtype, value, out.maximum->bytes.data()) > 0) out.maximum = one;
  }
  return out;
}

bool has_finite_bounds(const ValueRules& rules, DType dtype) {
  const auto all_finite = [&](const TensorValue& bound) {
    for (std::size_t i = 0; i < count(bound); ++i) {
      if (!is_finite(dtype, element(bound, i))) return false;
    }
    return true;
  };
  return rules.minimum && rules.maximum && all_finite(*rules.minimum) && all_finite(*rules.maximum);
}

bool accepts_only_finite(const ValueRules& rules, DType dtype) {
  const bool always = kind(dtype) != DTypeKind::floating && kind(dtype) != DTypeKind::complex;
  return always || rules.finite || has_finite_bounds(rules, dtype);
}

}  // namespace

bool is_compatible(const ValueRules& a, const ValueRules& b, DType dtype) {
  if (dtype == DType::string) {
    if (!a.one_of && !b.one_of) return true;
    const auto& [from, other] = a.one_of ? std::tie(a, b) : std::tie(b, a);
    return std::any_of(from.one_of->strings.begin(), from.one_of->strings.end(),
                       [&](const std::string& value) { return !broken_rule(other, value); });
  }
  if (a.one_of || b.one_of) {
    const auto& [from, other] = a.one_of ? std::tie(a, b) : std::tie(b, a);
    for (std::size_t i = 0; i < count(*from.one_of); ++i) {
      const char* value = element(*from.one_of, i);
      if (within(from, dtype, value) && within(other, dtype, value) &&
          (!other.one_of || contains(*other.one_of, dtype, value))) {
        return true;
      }
    }
    return false;
  }
  const auto below = [&](const std::optional<TensorValue>& low, const std::optional<TensorValue>& high) {
    if (!low || !high) return true;
    return all_pairs(*low, *high, [&](const char* x, const char* y) { return compare(dtype, x, y) <= 0; })
        .value_or(true);
  };
  const bool only_infinite = bounded_by_infinity(a, dtype) || bounded_by_infinity(b, dtype);
  return below(a.minimum, b.maximum) && below(b.minimum, a.maximum) && !((a.finite || b.finite) && only_infinite);
}

bool is_subtype(const ValueRules& a, const ValueRules& b, DType dtype) {
  if (!b.any() || a == b) return true;
  if (dtype == DType::string) {
    if (a.one_of) {
      return std::none_of(a.one_of->strings.begin(), a.one_of->strings.end(),
                          [&](const std::string& value) { return broken_rule(b, value).has_value(); });
    }
    return !b.one_of && (a.utf8 || !b.utf8) && (!b.max_bytes || (a.max_bytes && *a.max_bytes <= *b.max_bytes));
  }
  if (a.one_of) {
    bool all = true;
    for (std::size_t i = 0; all && i < count(*a.one_of); ++i) {
      const char* value = element(*a.one_of, i);
      all = !within(a, dtype, value) ||
            (within_everywhere(b, dtype, value) && (!b.one_of || contains(*b.one_of, dtype, value)));
    }
    if (all) return true;
  }
  if (b.one_of) {
    if (!a.one_of) return false;
    for (std::size_t i = 0; i < count(*a.one_of); ++i) {
      if (!contains(*b.one_of, dtype, element(*a.one_of, i))) return false;
    }
  }
  const auto bounded = [&](const std::optional<TensorValue>& own, const std::optional<TensorValue>& other, auto holds) {
    if (!other) return true;
    return own && all_pairs(*own, *other, [&](const char* x, const char* y) {
                    return holds(compare(dtype, x, y));
                  }).value_or(false);
  };
  return (!b.finite || accepts_only_finite(a, dtype)) &&
         bounded(a.minimum, b.minimum, [](auto order) { return order >= 0; }) &&
         bounded(a.maximum, b.maximum, [](auto order) { return order <= 0; });
}

ValueRules common_supertype(const ValueRules& a, const ValueRules& b, DType dtype, const Shape& shape) {
  ValueRules out;
  if (dtype == DType::string) {
    const auto longest = [](const ValueRules& rules) -> std::optional<std::int64_t> {
      if (!rules.one_of) return rules.max_bytes;
      std::size_t most = 0;
      for (const std::string& value : rules.one_of->strings) most = std::max(most, value.size());
      return static_cast<std::int64_t>(most);
    };
    const auto all_utf8 = [](const ValueRules& rules) {
      return rules.utf8 || (rules.one_of && std::all_of(rules.one_of->strings.begin(), rules.one_of->strings.end(),
                                                        [](const std::string& value) { return is_utf8(value); }));
    };
    if (a.one_of && b.one_of) out.one_of = united(*a.one_of, *b.one_of);
    out.utf8 = out.one_of ? a.utf8 && b.utf8 : all_utf8(a) && all_utf8(b);
    const auto x = out.one_of ? a.max_bytes : longest(a);
    const auto y = out.one_of ? b.max_bytes : longest(b);
    if (x && y) out.max_bytes = std::max(*x, *y);
    return out;
  }
  if (a.one_of && b.one_of) out.one_of = united(*a.one_of, *b.one_of);
  // Where both list their values the lists say it all; else what one list implies is set against the other's bounds.
  const ValueRules x = out.one_of ? a : implied(a, dtype);
  const ValueRules y = out.one_of ? b : implied(b, dtype);
  const bool has_infinity = kind(dtype) == DTypeKind::floating || kind(dtype) == DTypeKind::complex;
  if (has_infinity) {
    out.finite = (x.finite || y.finite) && accepts_only_finite(x, dtype) && accepts_only_finite(y, dtype);
  } else {
    out.finite = a.finite && b.finite;  // true of every integer, so that only what was said counts
  }
  out.minimum = widened(x.minimum, y.minimum, shape, true);
  out.maximum = widened(x.maximum, y.maximum, shape, false);
  return out;
}

}  // namespace tensorgate
