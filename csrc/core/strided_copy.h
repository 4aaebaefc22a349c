#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/strided_tensor.h"

namespace tensorgate {

// Copies a tensor's elements to `out`, whose strides are given in bytes; a contiguous tail in one piece.
void copy_elements(const StridedTensor& from, char* out, std::span<const std::int64_t> out_strides);

}  // namespace tensorgate
