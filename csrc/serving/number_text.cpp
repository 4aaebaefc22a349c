#include "serving/number_text.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace tensorgate::serving {
namespace {

char* literal(char* out, const char* text, std::size_t size) {
  std::memcpy(out, text, size);
  return out + size;
}

// Read as a float64 and rounded from there, 7.038531e-26 is the float32 above: of all float32s the one whose shortest
// text is not enough.
constexpr std::uint32_t kNeedsADigitMore = 0x15AE43FD;

char* shortest(char* out, float number) {
  if (std::bit_cast<std::uint32_t>(number) == kNeedsADigitMore) return literal(out, "7.0385307e-26", 13);
  return std::to_chars(out, out + kMaxNumberText, number).ptr;
}

char* shortest(char* out, double number) { return std::to_chars(out, out + kMaxNumberText, number).ptr; }

template <class Float>
char* write_float(char* out, Float number) {
  if (std::isnan(number)) return literal(out, "NaN", 3);
  if (std::signbit(number)) {
    *out++ = '-';
    number = -number;
  }
  if (std::isinf(number)) return literal(out, "Infinity", 8);
  char* end = shortest(out, number);
  const auto tells_a_float = [](char c) { return c == '.' || c == 'e'; };
  return std::any_of(out, end, tells_a_float) ? end : literal(end, ".0", 2);
}

}  // namespace

char* write_number(char* out, std::uint64_t number) { return std::to_chars(out, out + kMaxNumberText, number).ptr; }
char* write_number(char* out, std::int64_t number) { return std::to_chars(out, out + kMaxNumberText, number).ptr; }
char* write_number(char* out, float number) { return write_float(out, number); }
char* write_number(char* out, double number) { return write_float(out, number); }

}  // namespace tensorgate::serving
