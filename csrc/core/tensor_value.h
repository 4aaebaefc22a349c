#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/dtype.h"

namespace tensorgate {

// A tensor that a contract owns, such as an input's default.
struct TensorValue {
  DType dtype = DType::invalid;
  std::vector<std::int64_t> dims;
  std::string bytes;                 // elements in row-major order, little-endian; empty for strings
  std::vector<std::string> strings;  // elements in row-major order, for DType::string alone

  // By bytes, so that a NaN equals itself and 0.0 differs from -0.0, as a hash needs.
  bool operator==(const TensorValue&) const = default;
};

std::size_t count(const TensorValue& value);

// The bytes of an element, counted in row-major order; not of strings.
const char* element(const TensorValue& value, std::size_t i);

// Makes all NaNs one: a default that is NaN has no sign and no payload, so that every way to write it is the same.
void unify_nans(TensorValue& value);

// Makes -0.0 of a number 0.0: they are equal.
void unify_zeros(TensorValue& value);

// Makes a vector of the values, each once: numbers by size and NaN after them, strings by their bytes.
void sort_unique(TensorValue& value);

}  // namespace tensorgate
