#include "serving/shape_proto.h"

#include <string>

namespace tensorgate::serving {

void read_shape_proto(ContractReader& wire, RawShape& out) {
  wire.nested([&](Field f) {
    if (f.is(2, WireType::length)) {
      if (out.sizes.size() == kMaxRank) wire.fail("a shape of more than " + std::to_string(kMaxRank) + " dimensions");
      std::int64_t& size = out.sizes.emplace_back(0);
      wire.nested([&](Field dim) {
        if (dim.is(1, WireType::varint)) {
          size = static_cast<std::int64_t>(wire.varint());
        } else if (dim.is(2, WireType::length)) {
          wire.utf8("a dimension's name");
        } else {
          wire.skip(dim);
        }
      });
    } else if (f.is(3, WireType::varint)) {
      out.unknown_rank = wire.varint() != 0;
    } else {
      wire.skip(f);
    }
  });
}

Shape to_shape(const ContractReader& wire, std::uint64_t start, const RawShape& raw) {
  if (raw.unknown_rank) return Shape::unknown();
  std::vector<Dim> dims;
  for (const std::int64_t size : raw.sizes) {
    if (size < -1) wire.fail_at(start, "a dimension of " + std::to_string(size));
    Dim& dim = dims.emplace_back();
    if (size >= 0) dim.size = size;
  }
  return Shape(std::move(dims));
}

}  // namespace tensorgate::serving
