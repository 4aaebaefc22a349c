#include "core/value_rules.h"

#include <algorithm>

#include "core/bounds.h"
#include "core/broadcast.h"
#include "core/element.h"
#include "core/errors.h"
#include "core/text.h"
#include "core/value_scan.h"

namespace tensorgate {
namespace {

std::string text_of(const TensorValue& value, std::size_t i) {
  return value.dtype == DType::string ? quoted(value.strings[i]) : element_text(value.dtype, element(value, i));
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
