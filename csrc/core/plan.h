#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/shape.h"
#include "core/signature.h"
#include "core/tensor_view.h"

namespace tensorgate {

// One dimension's rule in a number: a size from 0 up, kAny, or a symbol (see symbol_of).
using DimRule = std::int64_t;
inline constexpr DimRule kAny = -1;

constexpr DimRule symbol_rule(std::size_t symbol) { return -2 - static_cast<DimRule>(symbol); }
constexpr std::size_t symbol_of(DimRule rule) { return static_cast<std::size_t>(-2 - rule); }

// A spec made ready for the hot path. The rules live in the Plan that made it.
struct TensorPlan {
  DType dtype;
  std::int32_t rank;  // -1: unknown
  const DimRule* rules;
};

// The sizes that named dimensions have taken in one batch; kUnbound until the first tensor that has one.
inline constexpr std::int64_t kUnbound = -1;

// True where the shape satisfies the rules, given what earlier tensors bound; binds what it is first to name.
inline bool shape_matches(const TensorPlan& plan, const std::int64_t* dims, std::int64_t* bindings) {
  for (std::int32_t axis = 0; axis < plan.rank; ++axis) {
    const DimRule rule = plan.rules[axis];
    const std::int64_t size = dims[axis];
    if (rule == size) continue;
    if (rule >= 0) return false;
    if (rule == kAny) continue;
    std::int64_t& bound = bindings[symbol_of(rule)];
    if (bound == kUnbound) {
      bound = size;
    } else if (bound != size) {
      return false;
    }
  }
  return true;
}

inline bool matches(const TensorPlan& plan, const TensorView& view, std::int64_t* bindings) {
  return view.dtype == plan.dtype && (plan.rank < 0 || plan.rank == static_cast<std::int32_t>(view.dims.size())) &&
         shape_matches(plan, view.dims.data(), bindings);
}

// All specs of a signature made ready, in its order.
class Plan {
 public:
  explicit Plan(const NamedSpecs& inputs);
  explicit Plan(const TensorSpec& spec);
  Plan(Plan&&) = default;
  Plan& operator=(Plan&&) = default;

  std::span<const TensorPlan> tensors() const { return tensors_; }
  // The names of dimensions; a symbol is an index into them.
  const std::vector<std::string>& symbols() const { return symbols_; }

 private:
  void add(const TensorSpec& spec);

  std::vector<TensorPlan> tensors_;
  std::vector<std::vector<DimRule>> rules_;
  std::vector<std::string> symbols_;
};

}  // namespace tensorgate
