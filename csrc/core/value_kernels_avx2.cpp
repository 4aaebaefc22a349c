#if defined(__x86_64__)

#include <immintrin.h>

#include "core/value_kernel_loops.h"

namespace tensorgate {
namespace {

// What vectors of any lane have in common.
struct Register {
  using Vector = __m256i;
  using Mask = __m256i;

  static Vector load(const void* from) { return _mm256_loadu_si256(static_cast<const __m256i*>(from)); }
  static Mask both(Mask a, Mask b) { return _mm256_and_si256(a, b); }
  static Mask either(Mask a, Mask b) { return _mm256_or_si256(a, b); }
  static bool all(Mask mask) { return _mm256_movemask_epi8(mask) == -1; }
};

template <class Code>
struct Avx2;

template <>
struct Avx2<std::uint8_t> : Register {
  using Lane = std::uint8_t;
  static constexpr std::size_t lanes = 32;

  static Vector spread(Lane x) { return _mm256_set1_epi8(static_cast<char>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm256_sub_epi8(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return _mm256_max_epu8(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm256_max_epi8(a, b); }
  static Mask equal(Vector a, Vector b) { return _mm256_cmpeq_epi8(a, b); }
};

template <>
struct Avx2<std::uint16_t> : Register {
  using Lane = std::uint16_t;
  static constexpr std::size_t lanes = 16;

  static Vector spread(Lane x) { return _mm256_set1_epi16(static_cast<short>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm256_sub_epi16(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return _mm256_max_epu16(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm256_max_epi16(a, b); }
  static Mask equal(Vector a, Vector b) { return _mm256_cmpeq_epi16(a, b); }
};

template <>
struct Avx2<std::uint32_t> : Register {
  using Lane = std::uint32_t;
  static constexpr std::size_t lanes = 8;

  static Vector spread(Lane x) { return _mm256_set1_epi32(static_cast<int>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm256_sub_epi32(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return _mm256_max_epu32(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm256_max_epi32(a, b); }
  static Mask equal(Vector a, Vector b) { return _mm256_cmpeq_epi32(a, b); }
};

template <>
struct Avx2<std::uint64_t> : Register {
  using Lane = std::uint64_t;
  static constexpr std::size_t lanes = 4;

  static Vector spread(Lane x) { return _mm256_set1_epi64x(static_cast<long long>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm256_sub_epi64(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(a, b)); }
  static Vector unsigned_max(Vector a, Vector b) {
    const Vector sign = _mm256_set1_epi64x(INT64_MIN);
    return _mm256_blendv_epi8(b, a, _mm256_cmpgt_epi64(_mm256_xor_si256(a, sign), _mm256_xor_si256(b, sign)));
  }
  static Mask equal(Vector a, Vector b) { return _mm256_cmpeq_epi64(a, b); }
};

}  // namespace

constinit const ValueKernels kAvx2Kernels = kernels_of<Avx2>("avx2");

}  // namespace tensorgate

#endif
