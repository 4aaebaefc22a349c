#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/shape.h"
#include "core/tensor_value.h"
#include "core/violation.h"

namespace tensorgate {

// What a contract says of a tensor's elements. An element counts for the first rule that it breaks, in this order.
struct ValueRules {
  bool finite = false;
  std::optional<TensorValue> minimum;  // a scalar, or an array that broadcasts against the shape
  std::optional<TensorValue> maximum;
  bool utf8 = false;                      // strings alone
  std::optional<std::int64_t> max_bytes;  // strings alone
  std::optional<TensorValue> one_of;      // of rank 1; sorted, each value once

  bool any() const { return *this != ValueRules(); }
  bool operator==(const ValueRules&) const = default;
};

// The violation that a scan's fault is.
enum class ValueFault : std::uint8_t;
ViolationCode code_of(ValueFault fault);

// Brings what means the same to one form: -0.0 to 0.0, one_of sorted and without repeats.
void normalize(ValueRules& rules);

// Drops bounds without elements, which bound a tensor that has none.
void drop_empty_bounds(ValueRules& rules);

// Throws InvalidInput where the rules contradict each other, the dtype or the shape, saying how.
void require_consistent(const ValueRules& rules, DType dtype, const Shape& shape);

// The rule that a string breaks, if any.
std::optional<ViolationCode> broken_rule(const ValueRules& rules, std::string_view element);

// What a message says was expected: ">= 0.0", "one of 3 values". `index` is the element's, as bounds may differ.
std::string expected_text(const ValueRules& rules, ViolationCode broken, DType dtype,
                          const std::vector<std::int64_t>& index);

}  // namespace tensorgate
