#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/tensor_value.h"
#include "serving/contract_reader.h"
#include "serving/shape_proto.h"

namespace tensorgate::serving {

// A TensorProto as it stands on the wire, before its values are known to go with its dtype. Read twice into the same
// object, the parts merge, as protobuf's do.
struct RawTensor {
  std::uint64_t start = 0;
  std::uint32_t dtype = 0;
  RawShape shape;
  std::string content;
  std::map<std::uint32_t, std::vector<std::uint64_t>> numbers;  // by field
  std::vector<std::string> strings;
};

void read_tensor_proto(ContractReader& wire, RawTensor& out);

// The value of an input's default. Throws InvalidInput where TensorFlow would refuse it or read something else than was
// written: a wrong length, values in a field that does not go with the dtype or beyond its range, more values than
// elements. Fewer values are legal: the last one is repeated.
TensorValue to_tensor_value(ContractReader& wire, const RawTensor& raw);

}  // namespace tensorgate::serving
