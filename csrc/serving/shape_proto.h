#pragma once

#include <cstdint>
#include <vector>

#include "core/shape.h"
#include "serving/contract_reader.h"

namespace tensorgate::serving {

// A TensorShapeProto as it stands on the wire. Read twice into the same object, the dims concatenate, as protobuf's do.
struct RawShape {
  std::vector<std::int64_t> sizes;
  bool unknown_rank = false;
};

void read_shape_proto(ContractReader& wire, RawShape& out);

// -1 is an unknown dimension. Throws InvalidInput, with the place `start`, for any other negative size.
Shape to_shape(const ContractReader& wire, std::uint64_t start, const RawShape& raw);

}  // namespace tensorgate::serving
