#include "core/value_rules.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "core/broadcast.h"
#include "core/element.h"
#include "core/errors.h"
#include "core/text.h"
#include "core/value_scan.h"

namespace tensorgate {
namespace {

// Bounds are compared element by element where a contract is made or related to another.
constexpr std::int64_t kMaxBoundElements = std::int64_t{1} << 24;

std::size_t count(const TensorValue& value) {
  return value.dtype == DType::string ? value.strings.size() : value.bytes.size() / item_size(value.dtype);
}

const char* element(const TensorValue& value, std::size_t i) { return value.bytes.data() + i * item_size(value.dtype); }

std::string text_of(const TensorValue& value, std::size_t i) {
  return value.dtype == DType::string ? quoted(value.strings[i]) : element_text(value.dtype, element(value, i));
}

// True where `holds` does for every pair of elements; nothing where the values can't be broadcast to one another.
std::optional<bool> all_pairs(const TensorValue& a, const TensorValue& b,
                              const std::function<bool(const char*, const char*)>& holds) {
  const auto dims = broadcast_dims(a.dims, b.dims);
  if (!dims || bounded_size(*dims, kMaxBoundElements) > kMaxBoundElements) return std::nullopt;
  for (Indices at(*dims); at.more(); at.next()) {
    if (!holds(element_at(a, at.index()), element_at(b, at.index()))) return false;
  }
  return true;
}

bool is_minus_zero(DType dtype, const char* bytes, std::size_t size) {
  // The sign bit alone; where that is NaN, the dtype has no minus zero.
  if (static_cast<unsigned char>(bytes[size - 1]) != (dtype == DType::float4_e2m1fn ? 0x08 : 0x80)) return false;
  return std::all_of(bytes, bytes + size - 1, [](char byte) { return byte == 0; }) && !is_nan(dtype, bytes);
}

void unify_zeros(TensorValue& value) {
  const bool is_complex = kind(value.dtype) == DTypeKind::complex;
  if (!is_complex && kind(value.dtype) != DTypeKind::floating) return;
  DType part = value.dtype;
  if (is_complex) part = value.dtype == DType::complex64 ? DType::float32 : DType::float64;
  const std::size_t size = item_size(part);
  for (std::size_t at = 0; at + size <= value.bytes.size(); at += size) {
    char* bytes = value.bytes.data() + at;
    if (is_minus_zero(part, bytes, size)) bytes[size - 1] = 0;
  }
}

void sort_unique(TensorValue& value) {
  if (value.dtype == DType::string) {
    std::sort(value.strings.begin(), value.strings.end());
    value.strings.erase(std::unique(value.strings.begin(), value.strings.end()), value.strings.end());
  } else {
    const std::size_t size = item_size(value.dtype);
    std::vector<std::string> elements;
    for (std::size_t i = 0; i < count(value); ++i) elements.emplace_back(element(value, i), size);
    // Numbers by size, NaN after them; what has no order goes by its bytes.
    std::sort(elements.begin(), elements.end(), [&](const std::string& a, const std::string& b) {
      const auto order = compare(value.dtype, a.data(), b.data());
      if (order != std::partial_ordering::unordered) return order < 0;
      const bool a_nan = is_nan(value.dtype, a.data());
      const bool b_nan = is_nan(value.dtype, b.data());
      return a_nan == b_nan ? a < b : b_nan;
    });
    elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    value.bytes.clear();
    for (const std::string& one : elements) value.bytes += one;
  }
  value.dims = {static_cast<std::int64_t>(count(value))};
}

void require_bound(const TensorValue& bound, const std::string& what, DType dtype, const Shape& shape) {
  for (std::size_t i = 0; i < count(bound); ++i) {
    if (is_nan(dtype, element(bound, i))) throw InvalidInput(what + " is nan, which no value satisfies");
  }
  if (bound.dims.empty()) return;
  const std::string own = what + " has the shape " + text(std::span(bound.dims));
  const auto refuse = [&] {
    throw InvalidInput(own + ", which does not broadcast against " +
                       (shape.rank_known() ? text(shape) : "a shape of unknown rank") +
                       ": each of its dimensions must be 1 or the size of a fixed dimension");
  };
  if (!shape.rank_known() || shape.dims().size() < bound.dims.size()) refuse();
  const std::size_t lead = shape.dims().size() - bound.dims.size();
  for (std::size_t axis = 0; axis < bound.dims.size(); ++axis) {
    if (bound.dims[axis] != 1 && shape.dims()[lead + axis].size != bound.dims[axis]) refuse();
  }
}

void require_order(const TensorValue& low, const std::string& low_name, const TensorValue& high,
                   const std::string& high_name) {
  const auto dims = broadcast_dims(low.dims, high.dims);
  if (dims && bounded_size(*dims, kMaxBoundElements) > kMaxBoundElements) {
    throw InvalidInput("minimum and maximum have over " + std::to_string(kMaxBoundElements) + " elements together");
  }
  all_pairs(low, high, [&](const char* a, const char* b) {
    if (compare(low.dtype, a, b) <= 0) return true;
    throw InvalidInput(low_name + " " + element_text(low.dtype, a) + " is over " + high_name + " " +
                       element_text(low.dtype, b));
  });
}

// True where some element could be nothing but an infinity.
bool bounded_by_infinity(const ValueRules& rules, DType dtype) {
  const auto holds = [&](const std::optional<TensorValue>& bound, const char* infinity) {
    for (std::size_t i = 0; bound && i < count(*bound); ++i) {
      if (element_text(dtype, element(*bound, i)) == infinity) return true;
    }
    return false;
  };
  return holds(rules.minimum, "inf") || holds(rules.maximum, "-inf");
}

bool satisfies(DType dtype, const char* value, const char* low, const char* high) {
  return (low == nullptr || compare(dtype, value, low) >= 0) && (high == nullptr || compare(dtype, value, high) <= 0);
}

// Calls visit(low, high) with the bounds of each position, null where there is none; true where some call is.
bool any_position(const ValueRules& rules, const std::function<bool(const char*, const char*)>& visit) {
  const std::vector<std::int64_t> none;
  const auto dims =
      broadcast_dims(rules.minimum ? rules.minimum->dims : none, rules.maximum ? rules.maximum->dims : none);
  if (!dims || bounded_size(*dims, kMaxBoundElements) > kMaxBoundElements) return true;
  Indices at(*dims);
  if (!at.more()) return true;
  for (; at.more(); at.next()) {
    const char* low = rules.minimum ? element_at(*rules.minimum, at.index()) : nullptr;
    const char* high = rules.maximum ? element_at(*rules.maximum, at.index()) : nullptr;
    if (visit(low, high)) return true;
  }
  return false;
}

// True where the value satisfies the bounds at some position, at least.
bool within(const ValueRules& rules, DType dtype, const char* value) {
  if (rules.finite && !is_finite(dtype, value)) return false;
  return any_position(rules, [&](const char* low, const char* high) { return satisfies(dtype, value, low, high); });
}

// A position whose bounds none of one_of's values satisfies: its bounds, as a message shows them.
std::optional<std::string> position_without_value(const ValueRules& rules, DType dtype) {
  const TensorValue& set = *rules.one_of;
  std::optional<std::string> found;
  any_position(rules, [&](const char* low, const char* high) {
    for (std::size_t i = 0; i < count(set); ++i) {
      if (satisfies(dtype, element(set, i), low, high)) return false;
    }
    found = (low == nullptr ? "" : "minimum " + element_text(dtype, low)) +
            (low != nullptr && high != nullptr ? " and " : "") +
            (high == nullptr ? "" : "maximum " + element_text(dtype, high));
    return true;
  });
  return found;
}

// True where the value satisfies the bounds at every position.
bool within_everywhere(const ValueRules& rules, DType dtype, const char* value) {
  if (rules.finite && !is_finite(dtype, value)) return false;
  const auto everywhere = [&](const std::optional<TensorValue>& bound, auto holds) {
    if (!bound) return true;
    for (std::size_t i = 0; i < count(*bound); ++i) {
      if (!holds(compare(dtype, value, element(*bound, i)))) return false;
    }
    return true;
  };
  return everywhere(rules.minimum, [](auto order) { return order >= 0; }) &&
         everywhere(rules.maximum, [](auto order) { return order <= 0; });
}

bool contains(const TensorValue& set, DType dtype, const char* value) {
  for (std::size_t i = 0; i < count(set); ++i) {
    const char* one = element(set, i);
    if (compare(dtype, one, value) == 0 || (is_nan(dtype, one) && is_nan(dtype, value))) return true;
  }
  return false;
}

void require_consistent_strings(const ValueRules& rules) {
  if (rules.finite || rules.minimum || rules.maximum) {
    throw InvalidInput(std::string(rules.finite    ? "finite"
                                   : rules.minimum ? "minimum"
                                                   : "maximum") +
                       " is a rule for numbers, and the dtype is string");
  }
  if (rules.max_bytes && *rules.max_bytes < 0) throw InvalidInput("max_bytes is negative");
  if (!rules.one_of) return;
  ValueRules others = rules;
  others.one_of.reset();
  for (const std::string& value : rules.one_of->strings) {
    const auto broken = broken_rule(others, value);
    if (broken == ViolationCode::not_utf8) throw InvalidInput("one_of holds " + quoted(value) + ", which is no UTF-8");
    if (broken) {
      throw InvalidInput("one_of holds " + quoted(value) + " of " + std::to_string(value.size()) +
                         " bytes, over max_bytes " + std::to_string(*rules.max_bytes));
    }
  }
}

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

ViolationCode code_of(ValueFault fault) {
  switch (fault) {
    case ValueFault::not_finite:
      return ViolationCode::not_finite;
    case ValueFault::below_minimum:
      return ViolationCode::below_minimum;
    case ValueFault::above_maximum:
      return ViolationCode::above_maximum;
    case ValueFault::not_one_of:
      return ViolationCode::not_one_of;
  }
  return ViolationCode::unsupported;
}

void normalize(ValueRules& rules) {
  for (std::optional<TensorValue>* value : {&rules.minimum, &rules.maximum, &rules.one_of}) {
    if (*value) {
      unify_nans(**value);
      unify_zeros(**value);
    }
  }
  if (rules.one_of) sort_unique(*rules.one_of);
}

void drop_empty_bounds(ValueRules& rules) {
  for (std::optional<TensorValue>* bound : {&rules.minimum, &rules.maximum}) {
    if (*bound && (*bound)->bytes.empty()) bound->reset();
  }
}

void require_consistent(const ValueRules& rules, DType dtype, const Shape& shape) {
  if (rules.one_of && count(*rules.one_of) == 0) throw InvalidInput("one_of is empty, which no value satisfies");
  if (dtype == DType::string) return require_consistent_strings(rules);
  const std::string own_name(name(dtype));
  if (rules.max_bytes) throw InvalidInput("max_bytes is a rule for strings, and the dtype is " + own_name);
  if (rules.utf8) throw InvalidInput("utf8 is a rule for strings, and the dtype is " + own_name);
  if (kind(dtype) == DTypeKind::handle && rules.any()) {
    throw InvalidInput("a " + own_name + " tensor has no values that rules could be about");
  }
  const bool ordered = kind(dtype) != DTypeKind::complex && kind(dtype) != DTypeKind::boolean;
  if (!ordered && (rules.minimum || rules.maximum)) {
    throw InvalidInput(std::string(rules.minimum ? "minimum" : "maximum") + ": " + own_name + " has no order");
  }
  if (rules.minimum) require_bound(*rules.minimum, "minimum", dtype, shape);
  if (rules.maximum) require_bound(*rules.maximum, "maximum", dtype, shape);
  if (rules.minimum && rules.maximum) require_order(*rules.minimum, "minimum", *rules.maximum, "maximum");
  if (rules.finite && bounded_by_infinity(rules, dtype)) {
    throw InvalidInput("values must be finite, and a bound lets only infinity through");
  }
  if (!rules.one_of) return;
  for (std::size_t i = 0; i < count(*rules.one_of); ++i) {
    const char* value = element(*rules.one_of, i);
    if (within(rules, dtype, value)) continue;
    const std::string shown = "one_of holds " + element_text(dtype, value);
    if (rules.finite && !is_finite(dtype, value)) throw InvalidInput(shown + ", and values must be finite");
    if (is_nan(dtype, value)) throw InvalidInput(shown + ", which no bound lets through");
    ValueRules low;
    low.minimum = rules.minimum;
    ValueRules high;
    high.maximum = rules.maximum;
    if (!within(low, dtype, value)) throw InvalidInput(shown + ", below the minimum");
    if (!within(high, dtype, value)) throw InvalidInput(shown + ", over the maximum");
    throw InvalidInput(shown + ", which no position's bounds let through");
  }
  if (!rules.minimum && !rules.maximum) return;
  if (const auto bounds = position_without_value(rules, dtype)) {
    throw InvalidInput("one_of holds no value for a position with " + *bounds);
  }
}

std::optional<ViolationCode> broken_rule(const ValueRules& rules, std::string_view value) {
  if (rules.utf8 && !is_utf8(value)) return ViolationCode::not_utf8;
  if (rules.max_bytes && value.size() > static_cast<std::size_t>(*rules.max_bytes)) return ViolationCode::too_long;
  if (rules.one_of) {
    const auto& known = rules.one_of->strings;
    const auto found = std::lower_bound(known.begin(), known.end(), value,
                                        [](const std::string& one, std::string_view two) { return one < two; });
    if (found == known.end() || *found != value) return ViolationCode::not_one_of;
  }
  return std::nullopt;
}

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

std::string expected_text(const ValueRules& rules, ViolationCode broken, DType dtype,
                          const std::vector<std::int64_t>& index) {
  switch (broken) {
    case ViolationCode::not_finite:
      return "finite values";
    case ViolationCode::below_minimum:
      return "at least " + element_text(dtype, element_at(*rules.minimum, index));
    case ViolationCode::above_maximum:
      return "at most " + element_text(dtype, element_at(*rules.maximum, index));
    case ViolationCode::too_long:
      return "at most " + std::to_string(*rules.max_bytes) + (*rules.max_bytes == 1 ? " byte" : " bytes");
    case ViolationCode::not_utf8:
      return "UTF-8";
    default:
      break;
  }
  constexpr std::size_t kShown = 4;
  const std::size_t values = count(*rules.one_of);
  std::string out = "one of ";
  for (std::size_t i = 0; i < std::min(values, kShown); ++i) out += (i == 0 ? "" : ", ") + text_of(*rules.one_of, i);
  return values <= kShown ? out : out + " ... (" + std::to_string(values) + " values)";
}

}  // namespace tensorgate
