#include "serving/feature_column.h"

#include <algorithm>

namespace tensorgate::serving {

FeatureColumn::FeatureColumn(const FeaturePlan& plan, std::uint64_t rows, MemoryBudget& budget)
    : plan_(&plan), budget_(&budget) {
  const std::uint64_t step = plan.any_length ? 0 : plan.step;
  const bool is_string = plan.kind == FeatureKind::bytes;
  const std::uint64_t element = is_string ? sizeof(std::string_view) : item_size(plan.spec->dtype);
  if (rows > 0 && step > budget.left / element / rows) throw ColumnTooLarge{plan.name};
  if (is_string) {
    strings_.reserve(rows * step);
  } else {
    budget.take(rows * step * element, plan);
    numbers_.resize(rows * step * element);
  }
}

// To twice the size where that leaves as much to the other columns.
void FeatureColumn::grow(std::uint64_t bytes) {
  constexpr std::uint64_t kLeast = 1024;
  const std::uint64_t size = numbers_.size();
  const std::uint64_t generous = std::min(std::max(2 * size, kLeast), size + budget_->left / 2);
  const std::uint64_t next = std::max(used_ + bytes, generous);
  budget_->take(next - size, *plan_);
  numbers_.resize(next);
}

void FeatureColumn::add_string(std::string_view text) {
  budget_->take(kStringBytes + kOwnStringBytes + text.size(), *plan_);
  strings_.push_back(text);
  ++row_.count;
}

void FeatureColumn::stand_in(const FeatureColumn& context) {
  if (context.row_.kind == plan_->kind) {
    if (plan_->kind == FeatureKind::bytes) {
      for (const std::string_view text : context.strings_) add_string(text);
    } else if (context.used_ > 0) {
      std::memcpy(add_numbers(context.row_.count), context.numbers_.data(), context.used_);
    }
  }
  row_ = context.row_;
}

void FeatureColumn::stand_in(const TensorValue& value) {
  for (const std::string& text : value.strings) add_string(text);
  if (!value.bytes.empty()) {
    std::memcpy(add_numbers(tensorgate::count(value)), value.bytes.data(), value.bytes.size());
  }
  row_.kind = plan_->kind;
}

DecodedTensor FeatureColumn::take(std::vector<std::int64_t> dims) {
  DecodedTensor out{.dtype = plan_->spec->dtype, .dims = std::move(dims)};
  if (used_ < numbers_.size()) {
    budget_->left += numbers_.size() - used_;
    numbers_.resize(used_);
  }
  out.strings = std::move(strings_);
  out.numbers = std::move(numbers_);
  return out;
}

}  // namespace tensorgate::serving
