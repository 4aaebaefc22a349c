#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/violation.h"
#include "serving/limits.h"
#include "serving/tensor_header.h"

namespace tensorgate::serving {

// What may be wrong with a TensorProto by itself, whatever the contract: TensorFlow refuses it, or would read something
// else than was written.
enum class TensorFault : std::uint8_t {
  none,
  dtype,  // none that a tensor on the wire can have
  unknown_rank,
  rank,
  negative_size,
  too_large,
  other_field,  // values in a field that the dtype does not use
  content_and_values,
  content_length,
  strings,    // tensor_content that is no list of so many strings
  bool_byte,  // neither 0 nor 1
  no_values,
  surplus_values,
  half_number,  // a complex number without its second part
  out_of_range,
};

// The first of what may be wrong with its dtype and its shape.
TensorFault find_shape_fault(const TensorHeader& header, const Limits& limits);

// True where a typed field holds a number that protobuf or TensorFlow would cut to the bits of the dtype.
bool is_out_of_range(const TensorHeader& header);

// The first of them. No allocation. The elements of numbers in tensor_content are looked at for bool alone.
TensorFault find_fault(const TensorHeader& header, const Limits& limits);

// The elements of a header without a fault in dtype, rank and sizes.
std::uint64_t element_count(const TensorHeader& header);

// The fault as an error says it, but for its path.
Violation violation_of(TensorFault fault, const TensorHeader& header, const Limits& limits);

}  // namespace tensorgate::serving
