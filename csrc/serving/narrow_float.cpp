#include "serving/narrow_float.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace tensorgate::serving {
namespace {

constexpr int kDoubleMantissa = 52;
constexpr int kDoubleBias = 1023;

struct Row {
  DType dtype;
  int mantissa_bits;
  int bias;
  int largest;
  int infinity;
  int nan;
  int sign;
};

constexpr int kNone = NarrowFloat::kNone;
constexpr std::array<Row, 8> kRows{{
    {DType::float16, 10, 15, 0x7BFF, 0x7C00, 0x7E00, 0x8000},
    {DType::bfloat16, 7, 127, 0x7F7F, 0x7F80, 0x7FC0, 0x8000},
    {DType::float8_e5m2, 2, 15, 0x7B, 0x7C, 0x7E, 0x80},
    {DType::float8_e4m3fn, 3, 7, 0x7E, kNone, 0x7F, 0x80},
    {DType::float8_e4m3fnuz, 3, 8, 0x7F, kNone, 0x80, 0x80},
    {DType::float8_e4m3b11fnuz, 3, 11, 0x7F, kNone, 0x80, 0x80},
    {DType::float8_e5m2fnuz, 2, 16, 0x7F, kNone, 0x80, 0x80},
    {DType::float4_e2m1fn, 1, 1, 0x7, kNone, kNone, 0x8},
}};

}  // namespace

NarrowFloat::NarrowFloat(DType dtype) : by_float32_(dtype == DType::bfloat16) {
  const auto* const found =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return row.dtype == dtype; });
  const Row& row = found == kRows.end() ? kRows.front() : *found;
  mantissa_bits_ = row.mantissa_bits;
  bias_ = row.bias;
  largest_ = row.largest;
  infinity_ = row.infinity;
  nan_ = row.nan;
  sign_ = row.sign;
}

int NarrowFloat::code(double value) const {
  const int sign = std::signbit(value) ? sign_ : 0;
  if (std::isnan(value)) return nan_ == kNone ? kNone : nan_ | sign;
  if (std::isinf(value)) return infinity_ == kNone ? kNone : infinity_ | sign;
  const auto bits = std::bit_cast<std::uint64_t>(by_float32_ ? static_cast<double>(static_cast<float>(value)) : value);
  const int exponent = static_cast<int>(bits >> kDoubleMantissa & 0x7FF) - kDoubleBias;
  const int least = 1 - bias_;  // of a normal number
  const int kept = std::max(exponent, least);
  const int shift = kDoubleMantissa - mantissa_bits_ + (kept - exponent);
  int code = 0;
  // From 54 on even the leading bit is less than half a unit.
  if (shift <= kDoubleMantissa + 1) {
    constexpr std::uint64_t kLeading = std::uint64_t{1} << kDoubleMantissa;
    const std::uint64_t mantissa = (bits & (kLeading - 1)) | kLeading;
    const std::uint64_t half = std::uint64_t{1} << (shift - 1);
    const std::uint64_t rest = mantissa & (2 * half - 1);
    code = static_cast<int>(mantissa >> shift);
    if (rest > half || (rest == half && code % 2 != 0)) ++code;
    // The mantissa's leading bit adds one to the exponent.
    code += (kept - least) << mantissa_bits_;
  }
  if (code > largest_) return kNone;
  // Where NaN has the code of -0, there is no -0.
  return code == 0 && nan_ == sign_ ? 0 : code | sign;
}

}  // namespace tensorgate::serving
