#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/strided_tensor.h"

namespace tensorgate::serving {

// A tensor to be written. Owns nothing: name, sizes and elements lie with the caller.
struct OutgoingTensor {
  std::string_view name;
  StridedTensor elements;                     // of strings without data
  std::span<const std::string_view> strings;  // in row-major order
};

}  // namespace tensorgate::serving
