#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor_value.h"

namespace tensorgate {

// The contract of one tensor.
struct TensorSpec {
  Shape shape = Shape::unknown();
  DType dtype = DType::float32;
  std::optional<std::string> name;
  bool optional = false;                     // may be absent from a batch
  std::optional<TensorValue> default_value;  // implies optional

  bool operator==(const TensorSpec&) const = default;
};

// The relations of tf.TensorSpec, with its rules for names. Whether a tensor may be absent takes part as
// one would expect: a required tensor's spec is a subtype of an optional one's.
bool is_compatible(const TensorSpec& a, const TensorSpec& b);
bool is_subtype(const TensorSpec& a, const TensorSpec& b);
std::optional<TensorSpec> common_supertype(const TensorSpec& a, const TensorSpec& b);

std::size_t hash(const TensorSpec& spec);

// "float32 [None, 3]", as messages say what was expected.
std::string text(const TensorSpec& spec);

}  // namespace tensorgate
