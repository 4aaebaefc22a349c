#include "core/tensor_value.h"

#include <cstddef>
#include <cstring>

namespace tensorgate {
namespace {

// A NaN is what lies, its sign aside, above the largest number or infinity.
template <class Bits>
void unify_nans(std::string& bytes, Bits largest, Bits nan) {
  constexpr auto kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  for (std::size_t at = 0; at + sizeof(Bits) <= bytes.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + at, sizeof bits);
    if (static_cast<Bits>(bits & ~kSign) > largest) std::memcpy(bytes.data() + at, &nan, sizeof nan);
  }
}

}  // namespace

void unify_nans(TensorValue& value) {
  switch (value.dtype) {
    case DType::float16:
      return unify_nans<std::uint16_t>(value.bytes, 0x7C00, 0x7E00);
    case DType::bfloat16:
      return unify_nans<std::uint16_t>(value.bytes, 0x7F80, 0x7FC0);
    case DType::float32:
    case DType::complex64:
      return unify_nans<std::uint32_t>(value.bytes, 0x7F800000, 0x7FC00000);
    case DType::float64:
    case DType::complex128:
      return unify_nans<std::uint64_t>(value.bytes, 0x7FF0000000000000, 0x7FF8000000000000);
    case DType::float8_e5m2:
      return unify_nans<std::uint8_t>(value.bytes, 0x7C, 0x7E);
    case DType::float8_e4m3fn:
      return unify_nans<std::uint8_t>(value.bytes, 0x7E, 0x7F);
    default:
      return;  // no NaN, or a single one
  }
}

}  // namespace tensorgate
