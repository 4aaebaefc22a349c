#include "core/bounds.h"

#include "core/broadcast.h"
#include "core/element.h"

namespace tensorgate {

std::optional<bool> all_pairs(const TensorValue& a, const TensorValue& b,
                              const std::function<bool(const char*, const char*)>& holds) {
  const auto dims = broadcast_dims(a.dims, b.dims);
  if (!dims || bounded_size(*dims, kMaxBoundElements) > kMaxBoundElements) return std::nullopt;
  for (Indices at(*dims); at.more(); at.next()) {
    if (!holds(element_at(a, at.index()), element_at(b, at.index()))) return false;
  }
  return true;
}

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

bool within(const ValueRules& rules, DType dtype, const char* value) {
  if (rules.finite && !is_finite(dtype, value)) return false;
  return any_position(rules, [&](const char* low, const char* high) { return satisfies(dtype, value, low, high); });
}

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

}  // namespace tensorgate
