#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/strided_tensor.h"

namespace tensorgate {

// The strides of an array without gaps, in bytes.
std::vector<std::int64_t> row_major_strides(std::span<const std::int64_t> dims, std::size_t item);

// Copies a tensor's elements to `out`, whose strides are given in bytes; a contiguous tail in one piece.
void copy_elements(const StridedTensor& from, char* out, std::span<const std::int64_t> out_strides);

}  // namespace tensorgate
