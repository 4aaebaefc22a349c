#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace tensorgate::serving {

// 5**n, scaled by a power of two into [2**127, 2**128) and cut there: exact for 0 <= n <= 55.
struct PowerOfFive {
  std::uint64_t high;
  std::uint64_t low;
};

inline constexpr int kMostTens = 55;  // 5**55 is the last in 128 bits

namespace powers {

// A number of 288 bits, lowest word first.
struct Words {
  std::uint32_t word[9];
};

constexpr Words times_five(Words x) {
  std::uint64_t carry = 0;
  for (std::uint32_t& word : x.word) {
    carry += std::uint64_t{word} * 5;
    word = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  return x;
}

constexpr Words over_five(Words x) {
  std::uint64_t rest = 0;
  for (std::size_t i = std::size(x.word); i-- > 0;) {
    rest = rest << 32 | x.word[i];
    x.word[i] = static_cast<std::uint32_t>(rest / 5);
    rest %= 5;
  }
  return x;
}

constexpr PowerOfFive leading_bits(Words x) {
  while (x.word[8] >> 31 == 0) {
    std::uint32_t carry = 0;
    for (std::uint32_t& word : x.word) {
      const std::uint32_t top = word >> 31;
      word = word << 1 | carry;
      carry = top;
    }
  }
  return {std::uint64_t{x.word[8]} << 32 | x.word[7], std::uint64_t{x.word[6]} << 32 | x.word[5]};
}

// No std::array: what kernels call must not be shared with other instruction sets.
struct Table {
  PowerOfFive of[2 * kMostTens + 1];
};

constexpr Table table() {
  Table out{};
  Words up{{1}};
  // Cutting 2**256 / 5 and dividing again gives the same as dividing 2**256 by 25 and cutting.
  Words down{{0, 0, 0, 0, 0, 0, 0, 0, 1}};
  for (int n = 0; n <= kMostTens; ++n) {
    out.of[kMostTens + n] = leading_bits(up);
    out.of[kMostTens - n] = leading_bits(down);
    up = times_five(up);
    down = over_five(down);
  }
  return out;
}

}  // namespace powers

inline constexpr powers::Table kPowersOfFive = powers::table();

// Those that a double holds exactly.
inline constexpr int kMostExactTens = 22;
inline constexpr double kPowersOfTen[]{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// A decimal number's value: digits * 10**exponent, for as many digits as 64 bits hold.
struct Decimal {
  std::uint64_t digits;
  int exponent;
};

// What differs from instruction set to instruction set is a template, so that no two versions are one function.
template <class Isa>
struct Rounding {
  __extension__ using Product = unsigned __int128;

  // The double nearest to a decimal number, ties to even; false where a longer look must tell.
  [[gnu::always_inline]] static bool to_double(Decimal decimal, double& out) {
    const auto [digits, exponent] = decimal;
    // Both are exact in a double, and one operation rounds once. That holds up to 2**53; but floats have 9 digits at
    // most and doubles 15 to 17, so that a branch between these can be foretold.
    if (digits <= std::uint64_t{1} << 40 && exponent <= 0 && exponent >= -kMostExactTens) [[likely]] {
      out = static_cast<double>(static_cast<std::int64_t>(digits)) / kPowersOfTen[-exponent];
      return true;
    }
    return by_product(decimal, out);
  }

 private:
  [[gnu::always_inline]] static bool by_product(Decimal decimal, double& out) {
    const auto [digits, exponent] = decimal;
    if (digits == 0 || exponent < -kMostTens || exponent > kMostTens) return false;
    const PowerOfFive& power = kPowersOfFive.of[exponent + kMostTens];
    const int zeros = __builtin_clzll(digits);
    const std::uint64_t scaled = digits << zeros;
    // The true product lies less than 2 above this one: the power was cut, and so is the lower product.
    const Product product =
        static_cast<Product>(scaled) * power.high + (static_cast<Product>(scaled) * power.low >> 64);
    const auto high = static_cast<std::uint64_t>(product >> 64);
    const auto low = static_cast<std::uint64_t>(product);
    const int shift = static_cast<int>(~high >> 63);
    // A double keeps 53 bits; these come behind them. Near a half the error counts.
    const std::uint64_t rest = high << (53 + shift) | low >> (11 - shift);
    constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
    if (rest - (kHalf - 1) <= 1) [[unlikely]]
      return false;
    const std::uint64_t mantissa = (high >> (11 - shift)) + (rest >> 63);
    const int log2 = exponent * 217'706 >> 16;  // floor(exponent * log2(10))
    const auto biased = static_cast<std::uint64_t>(1086 + log2 - shift - zeros);
    // The mantissa's leading bit, or its carry, adds what the exponent lacks.
    out = __builtin_bit_cast(double, (biased << 52) + mantissa);
    return true;
  }
};

// A number's text, read by JSON's grammar.
struct JsonNumber {
  std::string_view text;
  Decimal decimal;
  bool negative;
  bool has_all_digits;  // else `decimal` is of the first ones alone
  bool whole;           // written without a fraction and an exponent

  // Correctly rounded; infinite where it overflows.
  double to_double() const;
  // The absolute value of a whole number; nothing where it takes more than 64 bits.
  std::optional<std::uint64_t> magnitude() const;
};

// Reads the number that begins at `at`, and sets `at` behind it. Nothing where a digit lacks, which is then at `at`.
std::optional<JsonNumber> read_number(const char*& at, const char* end);

}  // namespace tensorgate::serving
