#if defined(__x86_64__)

#include <immintrin.h>

#include "serving/json_kernel_loops.h"

namespace tensorgate::serving {
namespace {

// A load from here at 32 + n has the first 32 - n bytes set, one at n the last n.
alignas(64) constexpr std::uint8_t kWindow[96] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

// 32 digits at once, however many of them are the number's.
class Avx2 {
 public:
  [[gnu::always_inline]] Avx2()
      : minus_(kept(_mm256_set1_epi8('-'))),
        below_zero_(kept(_mm256_set1_epi8('0' - 1))),
        from_minus_to_nine_(kept(_mm256_set1_epi8('9' - '-'))),
        minus_zero_(kept(_mm256_set1_epi8(-'0'))),
        tens_(kept(_mm256_set1_epi16(1 << 8 | 10))),
        hundreds_(kept(_mm256_set1_epi32(1 << 16 | 100))),
        ten_thousands_(kept(_mm256_set1_epi32(1 << 16 | 10'000))) {}

  [[gnu::always_inline]] bool read(const char* at, NumberText& number) const {
    const __m256i text = load(at);
    // From '-' to '9', with '.' and '/' between.
    const __m256i from_minus = _mm256_sub_epi8(text, minus_);
    const std::uint32_t others = ~bits(_mm256_cmpeq_epi8(_mm256_min_epu8(from_minus, from_minus_to_nine_), from_minus));
    if (others == 0) [[unlikely]]
      return false;
    const auto length = static_cast<std::uint32_t>(__builtin_ctz(others));
    const std::uint32_t all = (others ^ (others - 1)) >> 1;
    const std::uint32_t no_digits = all & ~bits(_mm256_cmpgt_epi8(text, below_zero_));
    // The first may be '-'. (It is not compared with it: GCC's instruction for that waits for the number before.)
    const std::uint32_t negative = no_digits & 1;
    const std::uint32_t strange = no_digits & ~std::uint32_t{1};
    if (*at == '.' || *at == '/') [[unlikely]]
      return false;
    std::uint32_t whole = length - negative;
    std::uint32_t fraction = 0;
    std::uint32_t shown = 32;  // of what stands in its place already
    if (strange != 0) {
      const auto point = static_cast<std::uint32_t>(__builtin_ctz(strange));
      fraction = length - 1 - point;
      shown = fraction;
      whole = point - negative;
      if ((strange & (strange - 1)) != 0 || at[point] != '.' || fraction == 0) [[unlikely]]
        return false;
    }
    // No digit before the point, or a zero before other digits.
    if (whole != 1 && (whole == 0 || at[negative] == '0')) [[unlikely]]
      return false;
    const char* const end = at + length;
    // What stands before the point moves into its place.
    const __m256i joined = _mm256_blendv_epi8(load(end - 32), load(end - 33), load(kWindow + 32 + shown));
    const __m256i is_digit = load(kWindow + whole + fraction);
    const __m256i ones = _mm256_and_si256(_mm256_add_epi8(joined, minus_zero_), is_digit);
    const __m256i fours = _mm256_madd_epi16(_mm256_maddubs_epi16(ones, tens_), hundreds_);
    const __m256i eights = _mm256_madd_epi16(_mm256_packus_epi32(fours, fours), ten_thousands_);
    const auto upper = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_castsi256_si128(eights)));
    const auto lower = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm256_extracti128_si256(eights, 1)));
    // The first 13 digits must be zeros.
    if ((upper << 32 | upper >> 32) >= 1'000) [[unlikely]]
      return false;
    number = {.digits = (upper >> 32) * 10'000'000'000'000'000 + (lower & 0xFFFFFFFF) * 100'000'000 + (lower >> 32),
              .exponent = -static_cast<int>(fraction),
              .negative = negative,
              .length = length};
    return true;
  }

 private:
  [[gnu::always_inline]] static __m256i load(const void* at) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(at));
  }

  [[gnu::always_inline]] static std::uint32_t bits(__m256i lanes) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(lanes));
  }

  // Hides a constant from the compiler, which would make it anew for each number.
  [[gnu::always_inline]] static __m256i kept(__m256i constant) {
    asm("" : "+x"(constant));
    return constant;
  }

  __m256i minus_;
  __m256i below_zero_;
  __m256i from_minus_to_nine_;
  __m256i minus_zero_;
  __m256i tens_;
  __m256i hundreds_;
  __m256i ten_thousands_;
};

}  // namespace

constinit const JsonKernels kAvx2JsonKernels = json_kernels_of<Avx2>("avx2");

}  // namespace tensorgate::serving

#endif
