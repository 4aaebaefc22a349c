#if defined(__x86_64__)

#include <immintrin.h>

#include "core/value_kernel_loops.h"

namespace tensorgate {
namespace {

// What vectors of any lane have in common.
struct Register {
  using Vector = __m512i;

  static Vector load(const void* from) { return _mm512_loadu_si512(from); }
};

// A mask has a bit a lane.
template <class Bits>
struct Masks {
  using Mask = Bits;

  static Mask both(Mask a, Mask b) { return a & b; }
  static Mask either(Mask a, Mask b) { return a | b; }
  static bool all(Mask mask) { return mask == static_cast<Mask>(-1); }
};

template <class Code>
struct Avx512;

template <>
struct Avx512<std::uint8_t> : Register, Masks<__mmask64> {
  using Lane = std::uint8_t;
  static constexpr std::size_t lanes = 64;

  static Vector spread(Lane x) { return _mm512_set1_epi8(static_cast<char>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm512_sub_epi8(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return _mm512_max_epu8(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm512_max_epi8(a, b); }
  static Mask equal(Vector a, Vector b) { return _mm512_cmpeq_epi8_mask(a, b); }
};

template <>
struct Avx512<std::uint16_t> : Register, Masks<__mmask32> {
  using Lane = std::uint16_t;
  static constexpr std::size_t lanes = 32;

  static Vector spread(Lane x) { return _mm512_set1_epi16(static_cast<short>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm512_sub_epi16(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return _mm512_max_epu16(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm512_max_epi16(a, b); }
  static Mask equal(Vector a, Vector b) { return _mm512_cmpeq_epi16_mask(a, b); }
};

template <>
struct Avx512<std::uint32_t> : Register, Masks<__mmask16> {
  using Lane = std::uint32_t;
  static constexpr std::size_t lanes = 16;

  static Vector spread(Lane x) { return _mm512_set1_epi32(static_cast<int>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm512_sub_epi32(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return _mm512_max_epu32(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm512_max_epi32(a, b); }
  static Mask equal(Vector a, Vector b) { return _mm512_cmpeq_epi32_mask(a, b); }
};

template <>
struct Avx512<std::uint64_t> : Register, Masks<__mmask8> {
  using Lane = std::uint64_t;
  static constexpr std::size_t lanes = 8;

  static Vector spread(Lane x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
  static Vector minus(Vector a, Vector b) { return _mm512_sub_epi64(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return _mm512_max_epu64(a, b); }
  static Vector signed_max(Vector a, Vector b) { return _mm512_max_epi64(a, b); }
  static Mask equal(Vector a, Vector b) { return _mm512_cmpeq_epi64_mask(a, b); }
};

}  // namespace

constinit const ValueKernels kAvx512Kernels = kernels_of<Avx512>("avx512");

}  // namespace tensorgate

#endif
