#include "core/number_format.h"

#include <cstring>

namespace tensorgate {
namespace {

constexpr std::uint64_t kHighestBit = std::uint64_t{1} << 63;

// The 4-bit and 2-bit types fill the low bits of a byte; what the others hold has no meaning.
int significant_bits(DType dtype) {
  switch (dtype) {
    case DType::int2:
    case DType::uint2:
      return 2;
    case DType::int4:
    case DType::uint4:
    case DType::float4_e2m1fn:
      return 4;
    default: {
      const auto bits = static_cast<int>(8 * item_size(dtype));
      return kind(dtype) == DTypeKind::complex ? bits / 2 : bits;
    }
  }
}

struct Magnitudes {
  std::uint64_t largest_finite;
  std::uint64_t largest;
};

Magnitudes magnitudes(DType dtype) {
  switch (dtype) {
    case DType::float16:
      return {0x7BFF, 0x7C00};
    case DType::bfloat16:
      return {0x7F7F, 0x7F80};
    case DType::float32:
    case DType::complex64:
      return {0x7F7FFFFF, 0x7F800000};
    case DType::float64:
    case DType::complex128:
      return {0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000};
    case DType::float8_e5m2:
      return {0x7B, 0x7C};
    case DType::float8_e4m3fn:
      return {0x7E, 0x7E};
    case DType::float4_e2m1fn:
      return {0x7, 0x7};
    default:  // the formats whose one NaN stands where -0.0 would
      return {0x7F, 0x7F};
  }
}

bool has_nan_at_minus_zero(DType dtype) {
  return dtype == DType::float8_e4m3fnuz || dtype == DType::float8_e4m3b11fnuz || dtype == DType::float8_e5m2fnuz;
}

bool has_no_sign(DType dtype) {
  switch (dtype) {
    case DType::uint2:
    case DType::uint4:
    case DType::uint8:
    case DType::quint8:
    case DType::uint16:
    case DType::quint16:
    case DType::uint32:
    case DType::uint64:
      return true;
    default:
      return false;
  }
}

}  // namespace

NumberFormat::NumberFormat(DType dtype) : nan_at_minus_zero_(has_nan_at_minus_zero(dtype)) {
  const int bits = significant_bits(dtype);
  bytes_ = static_cast<std::size_t>(bits + 7) / 8;
  sign_ = std::uint64_t{1} << (bits - 1);
  mask_ = sign_ | (sign_ - 1);
  switch (kind(dtype)) {
    case DTypeKind::boolean:
      encoding_ = Encoding::boolean;
      break;
    case DTypeKind::floating:
    case DTypeKind::complex:
      encoding_ = Encoding::sign_magnitude;
      break;
    default:
      encoding_ = has_no_sign(dtype) ? Encoding::unsigned_integer : Encoding::signed_integer;
  }
  is_plain_ = bits % 8 == 0 && encoding_ != Encoding::boolean && !nan_at_minus_zero_;
  if (encoding_ == Encoding::sign_magnitude) {
    largest_finite_ = magnitudes(dtype).largest_finite;
    largest_ = magnitudes(dtype).largest;
    highest_ = static_cast<std::int64_t>(largest_);
    lowest_ = -highest_;
  } else {
    lowest_ = order(encoding_ == Encoding::signed_integer ? sign_ : 0);
    highest_ = order(encoding_ == Encoding::signed_integer ? sign_ - 1 : mask_);
  }
}

std::int64_t NumberFormat::order(std::uint64_t code) const {
  switch (encoding_) {
    case Encoding::boolean:
      return code != 0;
    case Encoding::unsigned_integer:
      return static_cast<std::int64_t>((code & mask_) ^ kHighestBit);
    case Encoding::signed_integer:
      return static_cast<std::int64_t>(((code & mask_) ^ sign_) - sign_);
    case Encoding::sign_magnitude:
      break;
  }
  const auto distance = static_cast<std::int64_t>(magnitude(code));
  return (code & sign_) != 0 ? -distance : distance;
}

std::int64_t NumberFormat::lowest_finite() const {
  return is_sign_magnitude() ? -static_cast<std::int64_t>(largest_finite_) : lowest_;
}

std::int64_t NumberFormat::highest_finite() const {
  return is_sign_magnitude() ? static_cast<std::int64_t>(largest_finite_) : highest_;
}

std::uint64_t NumberFormat::code(std::int64_t order) const {
  const auto bits = static_cast<std::uint64_t>(order);
  if (encoding_ == Encoding::unsigned_integer) return bits ^ kHighestBit;
  if (encoding_ == Encoding::signed_integer) return bits & mask_;
  return order < 0 ? sign_ | (0 - bits) : bits;
}

std::uint64_t load_code(const std::byte* from, std::size_t bytes) {
  const auto load = [from]<class Code>(Code code) -> std::uint64_t {
    std::memcpy(&code, from, sizeof code);
    return code;
  };
  switch (bytes) {
    case 1:
      return load(std::uint8_t{});
    case 2:
      return load(std::uint16_t{});
    case 4:
      return load(std::uint32_t{});
    default:
      return load(std::uint64_t{});
  }
}

}  // namespace tensorgate
