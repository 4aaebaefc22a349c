#pragma once

#include <cstdint>
#include <span>

#include "core/dtype.h"

namespace tensorgate {

// What the contract asks of a tensor, whatever holds it. Owns nothing: dims live in the tensor's owner.
struct TensorView {
  DType dtype;
  std::span<const std::int64_t> dims;
};

}  // namespace tensorgate
