#pragma once

#include "serving/json_kernels.h"
#include "serving/json_number.h"

// The loops that every instruction set shares. An `Isa` reads one number, or says that it can't. All are templates of
// it: an inline function could be kept for the wrong processor.

namespace tensorgate::serving {
namespace {

// What may be looked at before and behind the place where a number begins.
constexpr std::ptrdiff_t kReach = 48;

struct NumberText {
  std::uint64_t digits;
  int exponent;            // of ten
  std::uint64_t negative;  // 0 or 1
  std::size_t length;
};

// Rounded twice, to float64 and then to float32.
template <class Isa>
struct Float32 {
  static constexpr std::size_t size = 4;
  static constexpr bool has_powers = true;
  [[gnu::always_inline]] static bool store(const NumberText& number, const NumberRun&, std::byte* out) {
    double value = 0;
    if (!nearly(number, value)) [[unlikely]] {
      if (!Rounding<Isa>::to_double({number.digits, number.exponent}, value)) return false;
      // What is no nearer to the greatest float than to 2**128 is out of range.
      if (!(value < 0x1.ffffffp127)) return false;
    }
    const auto rounded = static_cast<float>(value);
    const auto code = __builtin_bit_cast(std::uint32_t, rounded) | static_cast<std::uint32_t>(number.negative << 31);
    __builtin_memcpy(out, &code, size);
    return true;
  }

 private:
  // A double that becomes the same float as the nearest one: it is less than 3 of its units in the last place away, as
  // two operations were rounded, and no middle between two floats is that near.
  [[gnu::always_inline]] static bool nearly(const NumberText& number, double& value) {
    if (number.digits >> 63 != 0 || number.exponent > 0 || number.exponent < -kMostExactTens) [[unlikely]]
      return false;
    value = static_cast<double>(static_cast<std::int64_t>(number.digits)) / kPowersOfTen[-number.exponent];
    constexpr std::uint64_t kDropped = (std::uint64_t{1} << 29) - 1;
    constexpr std::uint64_t kMiddle = std::uint64_t{1} << 28;
    return (__builtin_bit_cast(std::uint64_t, value) & kDropped) - (kMiddle - 3) > 6;
  }
};

template <class Isa>
struct Float64 {
  static constexpr std::size_t size = 8;
  static constexpr bool has_powers = true;
  [[gnu::always_inline]] static bool store(const NumberText& number, const NumberRun&, std::byte* out) {
    double value = 0;
    if (!Rounding<Isa>::to_double({number.digits, number.exponent}, value)) return false;
    const std::uint64_t code = __builtin_bit_cast(std::uint64_t, value) | number.negative << 63;
    __builtin_memcpy(out, &code, size);
    return true;
  }
};

template <class Isa, class Code>
struct Narrow {
  static constexpr std::size_t size = sizeof(Code);
  static constexpr bool has_powers = true;
  [[gnu::always_inline]] static bool store(const NumberText& number, const NumberRun& run, std::byte* out) {
    double value = 0;
    if (!Rounding<Isa>::to_double({number.digits, number.exponent}, value)) return false;
    const auto found = run.narrow.code(number.negative != 0 ? -value : value);
    if (found < 0) return false;
    const auto code = static_cast<Code>(found);
    __builtin_memcpy(out, &code, size);
    return true;
  }
};

template <class Isa, class Code>
struct Integer {
  static constexpr std::size_t size = sizeof(Code);
  static constexpr bool has_powers = false;
  [[gnu::always_inline]] static bool store(const NumberText& number, const NumberRun& run, std::byte* out) {
    if (number.exponent != 0 || number.digits > (number.negative != 0 ? run.least_magnitude : run.largest))
      return false;
    const auto code = static_cast<Code>((number.negative != 0 ? 0 - number.digits : number.digits) & run.mask);
    __builtin_memcpy(out, &code, size);
    return true;
  }
};

// A branch can be foretold; what the next number's place is computed from must be waited for.
[[gnu::always_inline]] inline const char* foretold(const char* at) {
  asm("" : "+r"(at));
  return at;
}

// Over the spaces behind a ','.
[[gnu::always_inline]] inline const char* behind_spaces(const char* at, const char* end) {
  if (static_cast<unsigned char>(*at) > ' ') [[likely]]
    return at;
  while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return foretold(at);
}

// At the 'e' behind a number's digits.
template <class Isa>
bool read_power(const char* at, NumberText& number) {
  const char* digit = at + 1;
  const bool negative = *digit == '-';
  if (negative || *digit == '+') ++digit;
  const char* const first = digit;
  int power = 0;
  for (; *digit >= '0' && *digit <= '9' && digit - first < 3; ++digit) power = power * 10 + (*digit - '0');
  number.exponent += negative ? -power : power;
  number.length += static_cast<std::size_t>(digit - at);
  return digit != first;
}

template <class Isa, class Element>
void read_run(NumberRun& run) {
  const Isa isa;
  const char* at = run.at;
  std::byte* list = run.list;
  std::byte* out = run.out;
  std::int64_t lists = 0;
  bool behind_number = false;
  const char* const last = run.end - run.at >= kReach && run.at - run.begin >= kReach ? run.end - kReach : run.begin;
  while (at <= last && out != run.out_end) {
    NumberText number;
    if (!isa.read(at, number) || !Element::store(number, run, out)) break;
    const char* behind = at + number.length;
    if ((*behind | 0x20) == 'e') [[unlikely]] {
      if (!Element::has_powers || !read_power<Isa>(behind, number) || !Element::store(number, run, out)) break;
      behind = at + number.length;
    }
    if (*behind == ',') [[likely]] {
      out += Element::size;
      at = behind_spaces(behind + 1, run.end);
      continue;
    }
    // No number after all.
    if (*behind != ']' && static_cast<unsigned char>(*behind) > ' ') break;
    out += Element::size;
    at = behind;
    // "],[", and the next list is expected to be as long.
    if (*at == ']' && at[1] == ',' && static_cast<std::size_t>(out - list) == run.list_bytes) {
      const char* const next = behind_spaces(at + 2, run.end);
      if (next != run.end && *next == '[') {
        ++lists;
        list = out;
        at = next + 1;
        continue;
      }
    }
    behind_number = true;
    break;
  }
  run.at = at;
  run.list = list;
  run.out = out;
  run.lists = lists;
  run.behind_number = behind_number;
}

template <class Isa>
constexpr JsonKernels json_kernels_of(const char* name) {
  return {.name = name,
          .float32 = read_run<Isa, Float32<Isa>>,
          .float64 = read_run<Isa, Float64<Isa>>,
          .narrow = {read_run<Isa, Narrow<Isa, std::uint8_t>>, read_run<Isa, Narrow<Isa, std::uint16_t>>},
          .integers = {read_run<Isa, Integer<Isa, std::uint8_t>>, read_run<Isa, Integer<Isa, std::uint16_t>>,
                       read_run<Isa, Integer<Isa, std::uint32_t>>, read_run<Isa, Integer<Isa, std::uint64_t>>}};
}

}  // namespace
}  // namespace tensorgate::serving
