#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/tensor_value.h"

namespace tensorgate {

// NumPy's rule: aligned at the right, each dimension equal or 1. Nothing where two differ.
std::optional<std::vector<std::int64_t>> broadcast_dims(std::span<const std::int64_t> a,
                                                        std::span<const std::int64_t> b);

// The element of a numeric value that stands at an index of the array it is broadcast to.
const char* element_at(const TensorValue& value, std::span<const std::int64_t> index);

// Steps over the indices of an array in row-major order.
class Indices {
 public:
  explicit Indices(std::span<const std::int64_t> dims);

  bool more() const { return left_ > 0; }
  std::span<const std::int64_t> index() const { return index_; }
  void next();

 private:
  std::vector<std::int64_t> dims_;
  std::vector<std::int64_t> index_;
  std::int64_t left_;
};

// Where a row-major position stands.
std::vector<std::int64_t> index_of(std::int64_t flat, std::span<const std::int64_t> dims);

// The number of elements; at most `limit` + 1, so that no product overflows.
std::int64_t bounded_size(std::span<const std::int64_t> dims, std::int64_t limit);

}  // namespace tensorgate
