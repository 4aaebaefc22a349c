#include "serving/json_kernel_loops.h"

namespace tensorgate::serving {
namespace {

// Eight digits at a time, in one 64-bit word.
struct Scalar {
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  static std::uint64_t load(const char* at) {
    std::uint64_t out = 0;
    __builtin_memcpy(&out, at, sizeof out);
    return out;
  }

  static bool are_digits(std::uint64_t text) {
    constexpr std::uint64_t kZeros = 0x3030303030303030;
    // No byte reaches 0x3A when 6 is added to what has the upper half of a digit.
    return ((text & 0xF0F0F0F0F0F0F0F0) | ((text + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4) ==
           (kZeros | kZeros >> 4);
  }

  // Neighbours are joined: digits into pairs, pairs into fours, fours into eight.
  static std::uint64_t value_of(std::uint64_t text) {
    text -= 0x3030303030303030;
    text = text * 10 + (text >> 8);
    return ((text & 0x000000FF000000FF) * 0x000F424000000064 +
            (text >> 16 & 0x000000FF000000FF) * 0x0000271000000001) >>
           32;
  }

  static bool read(const char* at, NumberText& number) {
    constexpr std::ptrdiff_t kMostDigits = 19;
    const bool negative = *at == '-';
    const char* const first = at + (negative ? 1 : 0);
    const char* digit = first;
    std::uint64_t digits = 0;
    for (; is_digit(*digit) && digit - first <= kMostDigits; ++digit) {
      digits = digits * 10 + static_cast<std::uint64_t>(*digit - '0');
    }
    if (digit == first || (*first == '0' && digit - first > 1)) return false;
    const char* point = digit;
    if (*point == '.') {
      ++digit;
      for (std::uint64_t text = load(digit); are_digits(text) && digit - first < kMostDigits; text = load(digit)) {
        digits = digits * 100'000'000 + value_of(text);
        digit += 8;
      }
      for (; is_digit(*digit) && digit - first <= kMostDigits + 1; ++digit) {
        digits = digits * 10 + static_cast<std::uint64_t>(*digit - '0');
      }
      if (digit - point == 1) return false;
      ++point;
    }
    if (digit - first - (point != digit ? 1 : 0) > kMostDigits) return false;
    number = {.digits = digits,
              .exponent = -static_cast<int>(digit - point),
              .negative = negative ? 1U : 0U,
              .length = static_cast<std::size_t>(digit - at)};
    return true;
  }
};

}  // namespace

constinit const JsonKernels kScalarJsonKernels = json_kernels_of<Scalar>("scalar");

}  // namespace tensorgate::serving
