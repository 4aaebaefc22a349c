#pragma once

#include <cstdint>
#include <span>

#include "core/dtype.h"

namespace tensorgate {

// A tensor of numbers in memory, of any alignment. Owns nothing.
struct StridedTensor {
  DType dtype;
  const void* data;
  std::span<const std::int64_t> dims;
  const std::int64_t* strides = nullptr;  // in bytes, one a dimension; nullptr: row-major without gaps
};

}  // namespace tensorgate
