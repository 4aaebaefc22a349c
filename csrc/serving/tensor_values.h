#pragma once

#include "core/plan.h"
#include "serving/decoded_tensor.h"
#include "serving/tensor_header.h"

namespace tensorgate::serving {

// The tensor of a header without a fault: a view of tensor_content, or a copy of what the typed field holds, whose last
// value stands for all that are not there (zeros where it holds none). Strings are views.
DecodedTensor decode_tensor(const TensorHeader& header);

// The bytes of memory that a header without a fault takes as an array: none for numbers in tensor_content.
std::uint64_t decoded_bytes(const TensorHeader& header);

// True where the elements of a header without a fault satisfy the rules.
bool values_match(const TensorHeader& header, const ElementPlan& rules);

}  // namespace tensorgate::serving
