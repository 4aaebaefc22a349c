#pragma once

#include <cstdint>
#include <string>

#include "core/tensor_value.h"
#include "serving/contract_reader.h"

namespace tensorgate::serving {

// A TensorProto in a SavedModel. Read twice into the same object, the bytes follow each other, which is how protobuf
// merges messages.
struct RawDefault {
  std::uint64_t start = 0;
  std::string bytes;
};

void read_default(ContractReader& wire, RawDefault& out);

// The value of an input's default. Throws InvalidInput where TensorFlow would refuse it or read something else than was
// written. One without any values is zeros, as TensorFlow may write them.
TensorValue to_tensor_value(ContractReader& wire, const RawDefault& raw);

}  // namespace tensorgate::serving
