#include "core/plan.h"

#include <algorithm>

namespace tensorgate {
namespace {

// Zero where it is unknown.
std::size_t rank_of(const TensorSpec& spec) { return spec.shape.rank_known() ? spec.shape.dims().size() : 0; }

}  // namespace

Plan::Plan(const Nest& nest) {
  NameCounts names;
  for_each_tensor(nest, "", [&](const std::string&, const TensorSpec& spec) {
    for (std::size_t axis = 0; axis < rank_of(spec); ++axis) {
      if (!is_ragged(spec, axis)) ++names[spec.shape.dims()[axis].name];
    }
  });
  for_each_tensor(nest, "", [&](const std::string&, const TensorSpec& spec) { add(spec, names); });
  for (const Slot& slot : slots_) sizes_.push_back(slot.size);
  sizes_.resize(std::max(sizes_.size(), kFewSlots), kUnbound);
}

void Plan::add(const TensorSpec& spec, const NameCounts& names) {
  std::vector<DimPlan>& dims = dims_.emplace_back();
  for (std::size_t axis = 0; axis < rank_of(spec); ++axis) {
    // The rows of a ragged dimension have no common size; they are judged by themselves.
    if (is_ragged(spec, axis)) continue;
    const Dim& dim = spec.shape.dims()[axis];
    // A name that stands once is as good as none.
    const bool is_shared = !dim.name.empty() && names.find(dim.name)->second > 1;
    if (dim.size || dim.rules.any() || is_shared) dims.push_back({axis, slot_of(dim)});
  }
  const ElementPlan* elements = nullptr;
  if (spec.rules.any()) {
    auto plan = std::make_unique<ElementPlan>(ElementPlan{.rules = spec.rules, .scan = std::nullopt});
    if (spec.dtype != DType::string) plan->scan.emplace(spec.dtype, plan->rules);
    elements = elements_.emplace_back(std::move(plan)).get();
  }
  const std::int32_t rank = spec.shape.rank_known() ? static_cast<std::int32_t>(rank_of(spec)) : -1;
  tensors_.push_back({spec.dtype, rank, dims, elements});
}

std::size_t Plan::slot_of(const Dim& dim) {
  const Slot wanted = dim.size ? Slot{.size = *dim.size, .name = {}, .rules = {}} : Slot{kUnbound, dim.name, dim.rules};
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    return slot.size == wanted.size && slot.name == wanted.name && (dim.size || !dim.name.empty());
  });
  const auto slot = static_cast<std::size_t>(found - slots_.begin());
  if (found == slots_.end()) {
    slots_.push_back(wanted);
    if (wanted.rules.any()) ruled_.push_back(slot);
  }
  return slot;
}

}  // namespace tensorgate
