#include "serving/example_batch.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "core/text.h"
#include "serving/example_reader.h"

namespace tensorgate::serving {
namespace {

std::string values_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " value" : " values"); }

DecodedTensor integers(DType dtype, std::vector<std::int64_t> dims, std::span<const std::int64_t> numbers) {
  DecodedTensor out{.dtype = dtype, .dims = std::move(dims)};
  const std::size_t size = item_size(dtype);
  out.numbers.resize(numbers.size() * size);
  std::byte* at = out.numbers.data();
  for (const std::int64_t number : numbers) {
    std::memcpy(at, &number, size);  // the low bytes come first
    at += size;
  }
  return out;
}

// The rows of one input.
struct Rows {
  std::vector<std::int64_t> splits;     // of a composite one: where each row begins, in steps
  std::optional<std::uint64_t> length;  // of a dense one whose rows have any length: that of the first
  std::uint64_t first_row = 0;          // which one that is
};

class Batch {
 public:
  Batch(const ExampleContract& contract, std::uint64_t rows, const Limits& limits, Violations& out)
      : contract_(contract),
        limits_(limits),
        out_(out),
        budget_{limits.max_tensor_bytes},
        reader_(contract, limits),
        rows_(contract.features().size()) {
    for (std::size_t feature = 0; feature < rows_.size(); ++feature) {
      const FeaturePlan& plan = contract.features()[feature];
      columns_.emplace_back(plan, rows, budget_);
      if (plan.spec->encoding == Encoding::dense) continue;
      budget_.take((rows + 1) * sizeof(std::int64_t), plan);
      rows_[feature].splits.reserve(rows + 1);
      rows_[feature].splits.push_back(0);
    }
  }

  void set_context(std::span<const ExampleBytes> pieces) {
    if (pieces.empty()) return;
    for (const FeaturePlan& plan : contract_.features()) context_.emplace_back(plan, 0, budget_);
    for (const ExampleBytes& piece : pieces) read(piece, "context", context_);
  }

  void add(const ExampleBytes& example) {
    const std::size_t before = out_.size();
    read(example, {}, columns_);
    if (out_.size() == before) {
      for (std::size_t feature = 0; feature < columns_.size(); ++feature) {
        if (!columns_[feature].is_plain_row()) check_row(feature);
      }
    }
    for (FeatureColumn& column : columns_) column.end_row();
    ++row_;
  }

  std::vector<DecodedInput> take() {
    std::vector<DecodedInput> out;
    for (std::size_t feature = 0; feature < columns_.size(); ++feature) out.push_back(take(feature));
    return out;
  }

 private:
  std::string path() const { return "examples[" + std::to_string(row_) + "]"; }

  // Without a name it is the Example of the current row.
  void read(const ExampleBytes& example, const char* name, std::vector<FeatureColumn>& columns) {
    SpanReader wire(example.bytes, example.offset, example.depth);
    const auto where = [&] { return name == nullptr ? path() : std::string(name); };
    try {
      reader_.read(wire, columns);
    } catch (const Malformed& malformed) {
      out_.add({.path = where(),
                .code = ViolationCode::malformed,
                .got = malformed.what,
                .offset = static_cast<std::int64_t>(malformed.offset)});
    } catch (const TooManyFeatures& features) {
      out_.add({.path = where(),
                .code = ViolationCode::too_large,
                .expected = "at most " + std::to_string(limits_.max_features) + " features",
                .got = "more",
                .offset = static_cast<std::int64_t>(features.offset)});
    }
  }

  // `fill_in` says more than the place. A file of another model's Examples is wrong in every row: no text is
  // made of what is only counted.
  template <class FillIn>
  void tell(const FeatureColumn& column, ViolationCode code, const FillIn& fill_in) {
    if (!out_.has_room()) return out_.add_unlisted();
    Violation violation{.path = at(path(), column.plan().name), .code = code};
    fill_in(violation);
    const FeatureColumn::Row& row = column.row();
    if (row.is_present) violation.offset = static_cast<std::int64_t>(row.offset);
    out_.add(std::move(violation));
  }

  void tell_count(const FeatureColumn& column, const char* how, std::uint64_t want) {
    tell(column, ViolationCode::dim, [&](Violation& violation) {
      violation.expected = how + values_text(want);
      violation.got = values_text(column.row().count);
    });
  }

  void check_row(std::size_t feature) {
    FeatureColumn& column = columns_[feature];
    const FeaturePlan& plan = column.plan();
    if (column.row().kind == FeatureKind::none) [[unlikely]] {
      if (!fill_row(feature)) return;
    }
    const FeatureColumn::Row& row = column.row();
    if (row.kind != plan.kind && row.kind != FeatureKind::none) [[unlikely]] {
      return tell(column, ViolationCode::dtype, [&](Violation& violation) {
        violation.expected = name(dtype_of(plan.kind));
        violation.got = name(dtype_of(row.kind));
        violation.hint = "it holds " + with_article(name(row.kind)) + "; write " + with_article(name(plan.kind));
      });
    }
    if (plan.any_length) return check_length(feature);
    if (row.count != plan.step) [[unlikely]]
      tell_count(column, "", plan.step);
  }

  // What stands for a feature that the Example does not have. False, and told, where there is nothing.
  bool fill_row(std::size_t feature) {
    FeatureColumn& column = columns_[feature];
    const TensorSpec& spec = *column.plan().spec;
    if (!column.row().is_present && !context_.empty()) column.stand_in(context_[feature]);
    if (column.row().kind != FeatureKind::none) return true;
    if (spec.default_value) {
      column.stand_in(*spec.default_value);
    } else if (spec.encoding == Encoding::dense) {
      tell(column, ViolationCode::missing, [&](Violation& violation) { violation.expected = text(spec); });
      return false;
    }
    return true;
  }

  void check_length(std::size_t feature) {
    const FeatureColumn& column = columns_[feature];
    const FeaturePlan& plan = column.plan();
    const std::uint64_t count = column.row().count;
    Rows& rows = rows_[feature];
    if (count % plan.step != 0) return tell_count(column, "a multiple of ", plan.step);
    if (plan.spec->encoding != Encoding::dense) {
      const auto most = fixed_length(plan);
      if (most && count > *most) return tell_count(column, "at most ", *most);
      rows.splits.push_back(rows.splits.back() + static_cast<std::int64_t>(count / plan.step));
    } else if (!rows.length) {
      rows.length = count / plan.step;
      rows.first_row = row_;
    } else if (*rows.length != count / plan.step) {
      tell(column, ViolationCode::ragged, [&](Violation& violation) {
        violation.expected =
            values_text(*rows.length * plan.step) + " as in examples[" + std::to_string(rows.first_row) + "]";
        violation.got = values_text(count);
        violation.hint = "pad the feature, or make its spec a RaggedTensorSpec";
      });
    }
  }

  // How long a sparse input's rows are, where the contract says so: they may be shorter.
  static std::optional<std::uint64_t> fixed_length(const FeaturePlan& plan) {
    const TensorSpec& spec = *plan.spec;
    if (spec.encoding != Encoding::sparse || !spec.shape.rank_known()) return std::nullopt;
    return spec.shape.dims()[1].size;
  }

  DecodedInput take(std::size_t feature) {
    FeatureColumn& column = columns_[feature];
    const FeaturePlan& plan = column.plan();
    const std::vector<std::int64_t>& splits = rows_[feature].splits;
    std::vector<std::int64_t> dims;
    if (plan.spec->encoding == Encoding::dense) {
      dims.push_back(static_cast<std::int64_t>(row_));
      if (plan.any_length) dims.push_back(static_cast<std::int64_t>(rows_[feature].length.value_or(0)));
    } else {
      dims.push_back(splits.back());
    }
    dims.insert(dims.end(), plan.inner.begin(), plan.inner.end());
    DecodedInput out;
    out.parts.push_back(column.take(std::move(dims)));
    if (plan.spec->encoding == Encoding::ragged) {
      out.parts.push_back(integers(plan.spec->row_splits_dtype, {static_cast<std::int64_t>(splits.size())}, splits));
    } else if (plan.spec->encoding == Encoding::sparse) {
      out.parts.insert(out.parts.begin(), indices(plan, splits));
      out.parts.push_back(dense_shape(plan, splits));
    }
    return out;
  }

  DecodedTensor indices(const FeaturePlan& plan, const std::vector<std::int64_t>& splits) {
    constexpr std::size_t kBytes = 2 * sizeof(std::int64_t);  // of an index
    const auto count = static_cast<std::uint64_t>(splits.back());
    budget_.take(count * kBytes, plan);
    DecodedTensor out{.dtype = DType::int64, .dims = {splits.back(), 2}};
    out.numbers.resize(count * kBytes);
    std::byte* at = out.numbers.data();
    for (std::size_t row = 1; row < splits.size(); ++row) {
      const std::int64_t length = splits[row] - splits[row - 1];
      for (std::int64_t i = 0; i < length; ++i, at += kBytes) {
        const std::int64_t index[] = {static_cast<std::int64_t>(row - 1), i};
        std::memcpy(at, index, sizeof(index));
      }
    }
    return out;
  }

  static DecodedTensor dense_shape(const FeaturePlan& plan, const std::vector<std::int64_t>& splits) {
    std::int64_t longest = 0;
    for (std::size_t row = 1; row < splits.size(); ++row) longest = std::max(longest, splits[row] - splits[row - 1]);
    const auto fixed = fixed_length(plan);
    const std::int64_t sizes[] = {static_cast<std::int64_t>(splits.size()) - 1,
                                  fixed ? static_cast<std::int64_t>(*fixed) : longest};
    return integers(DType::int64, {2}, sizes);
  }

  const ExampleContract& contract_;
  const Limits& limits_;
  Violations& out_;
  MemoryBudget budget_;
  ExampleReader reader_;
  std::vector<FeatureColumn> columns_;
  std::vector<FeatureColumn> context_;  // empty where there is none
  std::vector<Rows> rows_;
  std::uint64_t row_ = 0;
};

}  // namespace

std::vector<DecodedInput> decode_examples(const ExampleContract& contract, std::span<const ExampleBytes> examples,
                                          std::span<const ExampleBytes> context, const Limits& limits,
                                          Violations& out) {
  std::uint64_t bytes = 0;
  for (const ExampleBytes& example : examples) bytes += example.bytes.size();
  const auto refuse = [&](std::string path, const std::string& limit, const std::string& got) {
    out.add({.path = std::move(path), .code = ViolationCode::too_large, .expected = "at most " + limit, .got = got});
    return std::vector<DecodedInput>();
  };
  if (examples.size() > limits.max_examples) {
    return refuse("examples", std::to_string(limits.max_examples) + " Examples", "more");
  }
  if (bytes > limits.max_request_bytes) {
    return refuse("examples", std::to_string(limits.max_request_bytes) + " bytes", "more");
  }
  try {
    Batch batch(contract, examples.size(), limits, out);
    batch.set_context(context);
    if (!out.empty()) return {};
    for (const ExampleBytes& example : examples) batch.add(example);
    if (!out.empty()) return {};
    return batch.take();
  } catch (const ColumnTooLarge& column) {
    return refuse(at("inputs", column.feature), std::to_string(limits.max_tensor_bytes) + " bytes", "more");
  }
}

}  // namespace tensorgate::serving
