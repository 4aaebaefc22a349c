#pragma once

#include "core/value_rules.h"

namespace tensorgate {

// Relations of what two sets of rules accept. Tensors without elements, which satisfy all rules, do not count. Where
// the exact answer would need a search, "compatible" errs towards true and "subtype" towards false.
bool is_compatible(const ValueRules& a, const ValueRules& b, DType dtype);
bool is_subtype(const ValueRules& a, const ValueRules& b, DType dtype);
// `shape` is the common supertype's: bounds broadcast against it.
ValueRules common_supertype(const ValueRules& a, const ValueRules& b, DType dtype, const Shape& shape);

}  // namespace tensorgate
