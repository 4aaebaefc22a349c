#include "core/element.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace tensorgate {
namespace {

template <class Number>
Number load(const void* element) {
  Number number;
  std::memcpy(&number, element, sizeof number);
  return number;
}

// The layout of a floating dtype narrower than float: sign, exponent, fraction.
struct Narrow {
  int bits;
  int fraction;
  int bias;
  enum class Specials {
    ieee,            // the highest exponent holds infinity and NaN
    nan_all_ones,    // NaN alone: all bits but the sign are set
    nan_minus_zero,  // NaN alone, where minus zero would be
    none,
  } specials;
};

double widen(std::uint32_t code, const Narrow& as) {
  const std::uint32_t sign = 1U << (as.bits - 1);
  const std::uint32_t magnitude = code & (sign - 1);
  const std::uint32_t fraction = magnitude & ((1U << as.fraction) - 1);
  const auto exponent = static_cast<int>(magnitude >> as.fraction);
  const int highest = (1 << (as.bits - 1 - as.fraction)) - 1;
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  if (as.specials == Narrow::Specials::ieee && exponent == highest) {
    if (fraction != 0) return kNan;
    return (code & sign) != 0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  if (as.specials == Narrow::Specials::nan_all_ones && magnitude == sign - 1) return kNan;
  if (as.specials == Narrow::Specials::nan_minus_zero && (code & (2 * sign - 1)) == sign) return kNan;
  const double size = exponent == 0 ? std::ldexp(fraction, 1 - as.bias - as.fraction)
                                    : std::ldexp(fraction + (1U << as.fraction), exponent - as.bias - as.fraction);
  return (code & sign) != 0 ? -size : size;
}

double to_double(DType dtype, const void* element) {
  using enum Narrow::Specials;
  const auto byte = [&] { return load<std::uint8_t>(element); };
  switch (dtype) {
    case DType::float64:
      return load<double>(element);
    case DType::float32:
      return load<float>(element);
    case DType::float16:
      return widen(load<std::uint16_t>(element), {16, 10, 15, ieee});
    case DType::bfloat16:
      return widen(load<std::uint16_t>(element), {16, 7, 127, ieee});
    case DType::float8_e5m2:
      return widen(byte(), {8, 2, 15, ieee});
    case DType::float8_e4m3fn:
      return widen(byte(), {8, 3, 7, nan_all_ones});
    case DType::float8_e4m3fnuz:
      return widen(byte(), {8, 3, 8, nan_minus_zero});
    case DType::float8_e4m3b11fnuz:
      return widen(byte(), {8, 3, 11, nan_minus_zero});
    case DType::float8_e5m2fnuz:
      return widen(byte(), {8, 2, 16, nan_minus_zero});
    default:
      return widen(byte(), {4, 1, 1, none});
  }
}

// Whole numbers, as those of a signed or an unsigned dtype.
std::int64_t to_signed(DType dtype, const void* element) {
  switch (item_size(dtype)) {
    case 1:
      return load<std::int8_t>(element);
    case 2:
      return load<std::int16_t>(element);
    case 4:
      return load<std::int32_t>(element);
    default:
      return load<std::int64_t>(element);
  }
}

std::uint64_t to_unsigned(DType dtype, const void* element) {
  switch (item_size(dtype)) {
    case 1:
      return load<std::uint8_t>(element);
    case 2:
      return load<std::uint16_t>(element);
    case 4:
      return load<std::uint32_t>(element);
    default:
      return load<std::uint64_t>(element);
  }
}

bool is_unsigned(DType dtype) {
  return dtype == DType::boolean || name(dtype).starts_with('u') || name(dtype).starts_with("qu");
}

DType part_of(DType complex) { return complex == DType::complex64 ? DType::float32 : DType::float64; }
const void* imaginary(DType complex, const void* element) {
  return static_cast<const char*>(element) + item_size(complex) / 2;
}

template <class Number>
std::string shortest(Number number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  std::string out(buffer, end);
  return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
}

std::string real_text(DType dtype, const void* element) {
  if (dtype == DType::float64) return shortest(load<double>(element));
  // Narrower ones are exact as a float.
  return shortest(static_cast<float>(to_double(dtype, element)));
}

}  // namespace

std::partial_ordering compare(DType dtype, const void* a, const void* b) {
  if (kind(dtype) == DTypeKind::floating) return to_double(dtype, a) <=> to_double(dtype, b);
  if (kind(dtype) == DTypeKind::complex) {
    const DType part = part_of(dtype);
    const bool same = compare(part, a, b) == 0 && compare(part, imaginary(dtype, a), imaginary(dtype, b)) == 0;
    return same ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
  }
  if (is_unsigned(dtype)) return to_unsigned(dtype, a) <=> to_unsigned(dtype, b);
  return to_signed(dtype, a) <=> to_signed(dtype, b);
}

bool is_finite(DType dtype, const void* element) {
  if (kind(dtype) == DTypeKind::floating) return std::isfinite(to_double(dtype, element));
  if (kind(dtype) != DTypeKind::complex) return true;
  return is_finite(part_of(dtype), element) && is_finite(part_of(dtype), imaginary(dtype, element));
}

bool is_nan(DType dtype, const void* element) { return compare(dtype, element, element) != 0; }

std::string element_text(DType dtype, const void* element) {
  switch (kind(dtype)) {
    case DTypeKind::boolean:
      return load<std::uint8_t>(element) != 0 ? "True" : "False";
    case DTypeKind::floating:
      return real_text(dtype, element);
    case DTypeKind::complex: {
      const std::string imaginary_part = real_text(part_of(dtype), imaginary(dtype, element));
      const bool sign = imaginary_part[0] != '-';
      return "(" + real_text(part_of(dtype), element) + (sign ? "+" : "") + imaginary_part + "j)";
    }
    default:
      return is_unsigned(dtype) ? std::to_string(to_unsigned(dtype, element))
                                : std::to_string(to_signed(dtype, element));
  }
}

}  // namespace tensorgate
