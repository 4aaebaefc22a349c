#include "core/plan.h"

#include <algorithm>

namespace tensorgate {

Plan::Plan(const Nest& nest) {
  for_each_tensor(nest, "", [this](const std::string&, const TensorSpec& spec) { add(spec); });
}

void Plan::add(const TensorSpec& spec) {
  std::vector<DimRule> rules;
  if (spec.shape.rank_known()) {
    for (std::size_t axis = 0; axis < spec.shape.dims().size(); ++axis) {
      // The rows of a ragged dimension have no common size; they are judged by themselves.
      rules.push_back(is_ragged(spec, axis) ? kAny : rule_of(spec.shape.dims()[axis]));
    }
  }
  const std::int32_t rank = spec.shape.rank_known() ? static_cast<std::int32_t>(rules.size()) : -1;
  rules_.push_back(std::move(rules));
  const ElementPlan* elements = nullptr;
  if (spec.rules.any()) {
    auto plan = std::make_unique<ElementPlan>(ElementPlan{.rules = spec.rules, .scan = std::nullopt});
    if (spec.dtype != DType::string) plan->scan.emplace(spec.dtype, plan->rules);
    elements = elements_.emplace_back(std::move(plan)).get();
  }
  tensors_.push_back({spec.dtype, rank, rules_.back().data(), elements});
}

DimRule Plan::rule_of(const Dim& dim) {
  if (dim.size) return *dim.size;
  if (dim.name.empty() && !dim.rules.any()) return kAny;
  const auto found = std::find_if(symbols_.begin(), symbols_.end(),
                                  [&](const Symbol& symbol) { return !dim.name.empty() && symbol.name == dim.name; });
  const auto symbol = static_cast<std::size_t>(found - symbols_.begin());
  if (found == symbols_.end()) {
    symbols_.push_back({dim.name, dim.rules});
    ++symbol_count_;
    if (dim.rules.any()) ruled_.push_back(symbol);
  }
  return symbol_rule(symbol);
}

}  // namespace tensorgate
