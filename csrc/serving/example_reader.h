#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "serving/feature_column.h"
#include "serving/limits.h"
#include "serving/span_reader.h"

namespace tensorgate::serving {

// Thrown where an Example has more features than the limits allow.
struct TooManyFeatures {
  std::uint64_t offset;
};

// Reads tf.Examples, one after another, into columns: what an Example says of each feature of a contract becomes the
// current row of its column. Other features are looked at no further than protobuf would. The bytes of all of them must
// be there for as long as this lives.
class ExampleReader {
 public:
  ExampleReader(const ExampleContract& contract, const Limits& limits) : contract_(&contract), limits_(&limits) {}

  // `columns` are the contract's features in order. Throws Malformed where protobuf would refuse the bytes,
  // TooManyFeatures, and ColumnTooLarge.
  void read(SpanReader& example, std::span<FeatureColumn> columns);

 private:
  bool read_usual_entry(SpanReader& wire, std::span<FeatureColumn> columns);
  void read_entry(SpanReader& wire, std::span<FeatureColumn> columns);
  // The column of that name, or null; false, and no answer, where it is not UTF-8.
  bool find(std::string_view name, std::span<FeatureColumn> columns, FeatureColumn*& column);

  struct Found {
    std::string_view name;  // in the bytes of an earlier Example
    std::size_t feature;    // or ExampleContract::kUnknown
  };
  struct Value {
    std::string_view bytes;
    std::uint64_t offset;
  };

  const ExampleContract* contract_;
  const Limits* limits_;
  std::size_t entry_ = 0;  // of the current Example
  // The names in the order in which the last Examples had them: the next one most likely has the same.
  std::vector<Found> order_;
  std::vector<Value> values_;  // of the current entry; kept for its memory
};

// The bytes of a message without the zero bytes behind it: no message has a field of number 0.
std::string_view without_padding(std::string_view message);

}  // namespace tensorgate::serving
