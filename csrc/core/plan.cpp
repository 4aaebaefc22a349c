#include "core/plan.h"

#include <algorithm>

namespace tensorgate {

Plan::Plan(const NamedSpecs& inputs) {
  for (const auto& [name, spec] : inputs) add(spec);
}

Plan::Plan(const TensorSpec& spec) { add(spec); }

void Plan::add(const TensorSpec& spec) {
  std::vector<DimRule> rules;
  if (spec.shape.rank_known()) {
    for (const Dim& dim : spec.shape.dims()) {
      if (dim.size) {
        rules.push_back(*dim.size);
      } else if (dim.name.empty()) {
        rules.push_back(kAny);
      } else {
        const auto found = std::find(symbols_.begin(), symbols_.end(), dim.name);
        rules.push_back(symbol_rule(static_cast<std::size_t>(found - symbols_.begin())));
        if (found == symbols_.end()) symbols_.push_back(dim.name);
      }
    }
  }
  const std::int32_t rank = spec.shape.rank_known() ? static_cast<std::int32_t>(rules.size()) : -1;
  rules_.push_back(std::move(rules));
  tensors_.push_back({spec.dtype, rank, rules_.back().data()});
}

}  // namespace tensorgate
