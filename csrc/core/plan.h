#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/nest.h"
#include "core/tensor_view.h"
#include "core/value_scan.h"

namespace tensorgate {

// One dimension's rule in a number: a size from 0 up, kAny, or a symbol (see symbol_of).
using DimRule = std::int64_t;
inline constexpr DimRule kAny = -1;

// Counted up from the least number there is: as an index scaled by eight that one is zero, and costs nothing.
inline constexpr DimRule kFirstSymbol = std::numeric_limits<DimRule>::min();

constexpr DimRule symbol_rule(std::size_t symbol) { return kFirstSymbol + static_cast<DimRule>(symbol); }
constexpr std::size_t symbol_of(DimRule rule) {
  return static_cast<std::size_t>(rule) - static_cast<std::size_t>(kFirstSymbol);
}

// What is asked of a tensor's elements, made ready.
struct ElementPlan {
  ValueRules rules;
  std::optional<ValueScan> scan;  // of numbers
};

// A spec made ready for the hot path. What it points to lives in the Plan that made it.
struct TensorPlan {
  DType dtype;
  std::int32_t rank;  // -1: unknown
  const DimRule* rules;
  const ElementPlan* elements;  // null where any will do
};

// The sizes that named dimensions have taken in one batch; kUnbound until the first tensor that has one.
inline constexpr std::int64_t kUnbound = -1;

// True where the shape satisfies the rules, given what earlier tensors bound; binds what it is first to name. Rules
// of a symbol's own come last, once for a batch: see Plan::allows.
inline bool shape_matches(const TensorPlan& plan, const std::int64_t* dims, std::int64_t* bindings) {
  for (std::int32_t axis = 0; axis < plan.rank; ++axis) {
    const DimRule rule = plan.rules[axis];
    const std::int64_t size = dims[axis];
    if (rule == size) continue;
    if (rule < kAny) {
      std::int64_t& bound = bindings[symbol_of(rule)];
      if (bound == size) continue;
      if (bound != kUnbound) return false;
      bound = size;
    } else if (rule != kAny) {
      return false;
    }
  }
  return true;
}

inline bool matches(const TensorPlan& plan, const TensorView& view, std::int64_t* bindings) {
  return view.dtype == plan.dtype && (plan.rank < 0 || plan.rank == static_cast<std::int32_t>(view.dims.size())) &&
         shape_matches(plan, view.dims.data(), bindings);
}

// A dimension whose size is not fixed, and may have to be the same in several places.
struct Symbol {
  std::string name;  // empty: of one place alone, with rules
  SizeRules rules;
};

// All specs of a nest made ready, in its order.
class Plan {
 public:
  explicit Plan(const Nest& nest);
  Plan(Plan&&) = default;
  Plan& operator=(Plan&&) = default;

  std::span<const TensorPlan> tensors() const { return tensors_; }
  const std::vector<Symbol>& symbols() const { return symbols_; }
  std::size_t symbol_count() const { return symbol_count_; }

  // True where all sizes that symbols were bound to satisfy the symbols' own rules.
  bool allows(const std::int64_t* bindings) const {
    for (const std::size_t symbol : ruled_) {
      if (bindings[symbol] != kUnbound && !symbols_[symbol].rules.allow(bindings[symbol])) return false;
    }
    return true;
  }

 private:
  void add(const TensorSpec& spec);
  DimRule rule_of(const Dim& dim);

  std::vector<TensorPlan> tensors_;
  std::vector<std::vector<DimRule>> rules_;
  std::vector<std::unique_ptr<const ElementPlan>> elements_;
  std::vector<Symbol> symbols_;
  std::vector<std::size_t> ruled_;  // symbols with rules
  std::size_t symbol_count_ = 0;    // at hand, as a vector's size takes a division
};

}  // namespace tensorgate
