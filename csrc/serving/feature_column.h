#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "serving/decoded_tensor.h"
#include "serving/example_contract.h"

namespace tensorgate::serving {

// Thrown where an input would take more memory than the limits allow.
struct ColumnTooLarge {
  std::string_view feature;
};

// The memory that all inputs together may still take.
struct MemoryBudget {
  std::uint64_t left;

  void take(std::uint64_t bytes, const FeaturePlan& plan) {
    if (bytes > left) throw ColumnTooLarge{plan.name};
    left -= bytes;
  }
};

// The values of one feature of many Examples, one after another; the last of them are those of the current row.
class FeatureColumn {
 public:
  // What a row is, once its Example has been read.
  struct Row {
    bool is_present = false;               // the Example has the feature, be it without a list
    FeatureKind kind = FeatureKind::none;  // of its list
    std::uint64_t count = 0;               // of values, where the kind is the plan's
    std::uint64_t offset = 0;              // where the feature stands in the Example
  };

  // Room for `rows` is made at once where the plan tells how long a row is. Throws ColumnTooLarge, as all that adds
  // values does, where that is more than the budget has.
  FeatureColumn(const FeaturePlan& plan, std::uint64_t rows, MemoryBudget& budget);

  const FeaturePlan& plan() const { return *plan_; }

  // The feature comes, or comes again: of two in an Example the last one counts.
  void begin_feature(std::uint64_t offset) {
    begin_list(FeatureKind::none);
    row_.is_present = true;
    row_.offset = offset;
  }

  // A list of a kind comes: of two kinds the last one counts, lists of one kind are one.
  void begin_list(FeatureKind kind) {
    if (row_.kind == kind) return;
    used_ = row_start_;
    strings_.resize(string_start_);
    row_.kind = kind;
    row_.count = 0;
  }

  // Room for that many numbers of the row, to be written at once.
  std::byte* add_numbers(std::uint64_t count) {
    const std::uint64_t bytes = count * item_size(plan_->spec->dtype);
    if (bytes > numbers_.size() - used_) [[unlikely]]
      grow(bytes);
    std::byte* out = numbers_.data() + used_;
    used_ += bytes;
    row_.count += count;
    return out;
  }
  void add_string(std::string_view text);

  // The row of an Example that lacks the feature: that of a context, or the contract's default.
  void stand_in(const FeatureColumn& context);
  void stand_in(const TensorValue& value);

  const Row& row() const { return row_; }
  // True where the row is what the plan asks for and may have no other length.
  bool is_plain_row() const { return row_.kind == plan_->kind && row_.count == plan_->step && !plan_->any_length; }
  // Keeps the row as it is and begins the next.
  void end_row() {
    row_start_ = used_;
    string_start_ = strings_.size();
    row_ = {};
  }

  // All values, whose dimensions are the caller's to know.
  DecodedTensor take(std::vector<std::int64_t> dims);

 private:
  void grow(std::uint64_t bytes);

  const FeaturePlan* plan_;
  MemoryBudget* budget_;
  Row row_;
  NumberBuffer numbers_;
  std::uint64_t used_ = 0;  // bytes of numbers
  std::uint64_t row_start_ = 0;
  std::vector<std::string_view> strings_;
  std::uint64_t string_start_ = 0;
};

}  // namespace tensorgate::serving
