#include "core/element.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "core/number_format.h"

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

std::uint64_t code_at(const NumberFormat& format, const void* element) {
  return load_code(static_cast<const std::byte*>(element), format.bytes());
}

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

std::partial_ordering compare(DType dtype, const void* a, const void* b) {
  const NumberFormat format(dtype);
  if (is_nan(dtype, a) || is_nan(dtype, b)) return std::partial_ordering::unordered;
  const auto order = format.order(code_at(format, a)) <=> format.order(code_at(format, b));
  if (kind(dtype) != DTypeKind::complex) return order;
  const auto second = compare(part_of(dtype), imaginary(dtype, a), imaginary(dtype, b));
  return order == 0 && second == 0 ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}

bool is_finite(DType dtype, const void* element) {
  const NumberFormat format(dtype);
  if (!format.is_finite(code_at(format, element))) return false;
  return kind(dtype) != DTypeKind::complex || is_finite(part_of(dtype), imaginary(dtype, element));
}

bool is_nan(DType dtype, const void* element) {
  const NumberFormat format(dtype);
  if (format.is_nan(code_at(format, element))) return true;
  return kind(dtype) == DTypeKind::complex && is_nan(part_of(dtype), imaginary(dtype, element));
}

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
      break;
  }
  const NumberFormat format(dtype);
  const std::int64_t order = format.order(code_at(format, element));
  // An unsigned number's place lies as far above the lowest one as it is large.
  const auto above = static_cast<std::uint64_t>(order) - static_cast<std::uint64_t>(format.lowest());
  return format.is_unsigned() ? std::to_string(above) : std::to_string(order);
}

}  // namespace tensorgate
