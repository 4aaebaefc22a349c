#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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

// Not yet known, of a size in a batch.
inline constexpr std::int64_t kUnbound = -1;

// A size that dimensions of a batch must have.
struct Slot {
  std::int64_t size;  // kUnbound: that of the first of them
  std::string name;   // empty: of a fixed size, or of one dimension alone with rules
  SizeRules rules;
};

// A dimension whose size is a slot's.
struct DimPlan {
  std::size_t axis;
  std::size_t slot;
};

// What is asked of a tensor's elements, made ready.
struct ElementPlan {
  ValueRules rules;
  std::optional<ValueScan> scan;  // of numbers
};

// A spec made ready for the hot path. What it points to lives in the Plan that made it.
struct TensorPlan {
  DType dtype;
  std::int32_t rank;              // -1: unknown
  std::span<const DimPlan> dims;  // any other dimension may have any size
  const ElementPlan* elements;    // null where any will do
};

// True where the shape fits the sizes by slot, which begin as Plan::sizes; sets those that it is the first to have.
// Rules of a slot's own come last, once for a batch: see Plan::allows.
inline bool shape_matches(const TensorPlan& plan, const std::int64_t* shape, std::int64_t* sizes) {
  for (const DimPlan& dim : plan.dims) {
    const std::int64_t size = shape[dim.axis];
    if (sizes[dim.slot] != size) {
      if (sizes[dim.slot] != kUnbound) return false;
      sizes[dim.slot] = size;
    }
  }
  return true;
}

inline bool matches(const TensorPlan& plan, const TensorView& view, std::int64_t* sizes) {
  return view.dtype == plan.dtype && (plan.rank < 0 || plan.rank == static_cast<std::int32_t>(view.dims.size())) &&
         shape_matches(plan, view.dims.data(), sizes);
}

// All specs of a nest made ready, in its order.
class Plan {
 public:
  explicit Plan(const Nest& nest);
  Plan(Plan&&) = default;
  Plan& operator=(Plan&&) = default;

  std::span<const TensorPlan> tensors() const { return tensors_; }
  const std::vector<Slot>& slots() const { return slots_; }

  // The sizes by slot as a batch begins, with room for kFewSlots at least: so many are copied faster than counted.
  static constexpr std::size_t kFewSlots = 8;
  std::span<const std::int64_t> sizes() const { return sizes_; }

  // True where the sizes that a batch came to satisfy the slots' own rules.
  bool allows(const std::int64_t* sizes) const {
    for (const std::size_t slot : ruled_) {
      if (sizes[slot] != kUnbound && !slots_[slot].rules.allow(sizes[slot])) return false;
    }
    return true;
  }

 private:
  using NameCounts = std::map<std::string, std::size_t, std::less<>>;

  void add(const TensorSpec& spec, const NameCounts& names);
  std::size_t slot_of(const Dim& dim);

  std::vector<TensorPlan> tensors_;
  std::vector<std::vector<DimPlan>> dims_;
  std::vector<std::unique_ptr<const ElementPlan>> elements_;
  std::vector<Slot> slots_;
  std::vector<std::int64_t> sizes_;
  std::vector<std::size_t> ruled_;  // slots with rules
};

}  // namespace tensorgate
