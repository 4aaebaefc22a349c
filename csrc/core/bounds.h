#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/value_rules.h"

namespace tensorgate {

// The bounds of a contract, looked at element by element where it is made or related to another.
inline constexpr std::int64_t kMaxBoundElements = std::int64_t{1} << 24;

// True where `holds` does for every pair of elements; nothing where the values can't be broadcast to one another.
std::optional<bool> all_pairs(const TensorValue& a, const TensorValue& b,
                              const std::function<bool(const char*, const char*)>& holds);

// True where some element could be nothing but an infinity.
bool bounded_by_infinity(const ValueRules& rules, DType dtype);

// A null bound lets everything through.
bool satisfies(DType dtype, const char* value, const char* low, const char* high);

// Calls visit(low, high) with the bounds of each position, null where there is none; true where some call is.
bool any_position(const ValueRules& rules, const std::function<bool(const char*, const char*)>& visit);

// True where the value satisfies `finite` and the bounds at some position, or at every one.
bool within(const ValueRules& rules, DType dtype, const char* value);
bool within_everywhere(const ValueRules& rules, DType dtype, const char* value);

// True where a set holds the value; one that holds a NaN holds every NaN.
bool contains(const TensorValue& set, DType dtype, const char* value);

}  // namespace tensorgate
