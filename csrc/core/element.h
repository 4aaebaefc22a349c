#pragma once

#include <compare>
#include <string>

#include "core/dtype.h"

namespace tensorgate {

// One element of a tensor in memory, at any address: `item_size(dtype)` bytes.

// By value; unordered where either is NaN, or for complex numbers that differ.
std::partial_ordering compare(DType dtype, const void* a, const void* b);

// False for infinities and NaN.
bool is_finite(DType dtype, const void* element);
bool is_nan(DType dtype, const void* element);

// A number of a floating dtype, exactly.
double to_double(DType dtype, const void* element);

// "-1.5", "nan", "True", "(1+2j)": the shortest text that is this number and no other; of a floating dtype narrower
// than float32 it is the float32's.
std::string element_text(DType dtype, const void* element);

}  // namespace tensorgate
