#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor_value.h"
#include "core/value_rules.h"

namespace tensorgate {

// How a tensor's elements are laid out.
enum class Encoding : std::uint8_t {
  dense,
  ragged,  // flat values, and row_splits that cut them into rows, as tf.RaggedTensor
  sparse,  // indices, values and dense_shape, as tf.SparseTensor
};

// The contract of one tensor.
struct TensorSpec {
  Shape shape = Shape::unknown();
  DType dtype = DType::float32;
  std::optional<std::string> name;
  bool optional = false;                     // may be absent from a batch
  std::optional<TensorValue> default_value;  // implies optional; of dense tensors alone
  ValueRules rules = {};
  Encoding encoding = Encoding::dense;
  std::int32_t ragged_rank = 0;           // how many dimensions after the first are ragged
  DType row_splits_dtype = DType::int64;  // of ragged tensors alone

  bool operator==(const TensorSpec&) const = default;
};

// True where the dimension's size differs from row to row.
bool is_ragged(const TensorSpec& spec, std::size_t axis);

// Throws InvalidInput where rules, shape, dtype, encoding and default contradict each other.
void require_consistent(const TensorSpec& spec);

// The relations of tf.TensorSpec, with its rules for names. Whether a tensor may be absent takes part as
// one would expect: a required tensor's spec is a subtype of an optional one's.
bool is_compatible(const TensorSpec& a, const TensorSpec& b);
bool is_subtype(const TensorSpec& a, const TensorSpec& b);
bool is_subtype(const TensorSpec& a, const TensorSpec& b, Renaming& names);
std::optional<TensorSpec> common_supertype(const TensorSpec& a, const TensorSpec& b);
std::optional<TensorSpec> common_supertype(const TensorSpec& a, const TensorSpec& b, CommonNames& names);

std::size_t hash(const TensorSpec& spec);

// "float32 [None, 3]", as messages say what was expected.
std::string text(const TensorSpec& spec);

}  // namespace tensorgate
