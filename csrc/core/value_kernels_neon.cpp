#if defined(__aarch64__)

#include <arm_neon.h>

#include "core/value_kernel_loops.h"

namespace tensorgate {
namespace {

template <class Code>
struct Neon;

template <>
struct Neon<std::uint8_t> {
  using Lane = std::uint8_t;
  using Vector = uint8x16_t;
  using Mask = uint8x16_t;
  static constexpr std::size_t lanes = 16;

  static Vector load(const void* from) { return vld1q_u8(static_cast<const std::uint8_t*>(from)); }
  static Vector spread(Lane x) { return vdupq_n_u8(x); }
  static Vector minus(Vector a, Vector b) { return vsubq_u8(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return vmaxq_u8(a, b); }
  static Vector signed_max(Vector a, Vector b) {
    return vreinterpretq_u8_s8(vmaxq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b)));
  }
  static Mask equal(Vector a, Vector b) { return vceqq_u8(a, b); }
  static Mask both(Mask a, Mask b) { return vandq_u8(a, b); }
  static Mask either(Mask a, Mask b) { return vorrq_u8(a, b); }
  static bool all(Mask mask) { return vminvq_u8(mask) != 0; }
};

template <>
struct Neon<std::uint16_t> {
  using Lane = std::uint16_t;
  using Vector = uint16x8_t;
  using Mask = uint16x8_t;
  static constexpr std::size_t lanes = 8;

  // Loaded as bytes: vld1q_u16 may ask for alignment.
  static Vector load(const void* from) {
    return vreinterpretq_u16_u8(vld1q_u8(static_cast<const std::uint8_t*>(from)));
  }
  static Vector spread(Lane x) { return vdupq_n_u16(x); }
  static Vector minus(Vector a, Vector b) { return vsubq_u16(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return vmaxq_u16(a, b); }
  static Vector signed_max(Vector a, Vector b) {
    return vreinterpretq_u16_s16(vmaxq_s16(vreinterpretq_s16_u16(a), vreinterpretq_s16_u16(b)));
  }
  static Mask equal(Vector a, Vector b) { return vceqq_u16(a, b); }
  static Mask both(Mask a, Mask b) { return vandq_u16(a, b); }
  static Mask either(Mask a, Mask b) { return vorrq_u16(a, b); }
  static bool all(Mask mask) { return vminvq_u16(mask) != 0; }
};

template <>
struct Neon<std::uint32_t> {
  using Lane = std::uint32_t;
  using Vector = uint32x4_t;
  using Mask = uint32x4_t;
  static constexpr std::size_t lanes = 4;

  static Vector load(const void* from) {
    return vreinterpretq_u32_u8(vld1q_u8(static_cast<const std::uint8_t*>(from)));
  }
  static Vector spread(Lane x) { return vdupq_n_u32(x); }
  static Vector minus(Vector a, Vector b) { return vsubq_u32(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return vmaxq_u32(a, b); }
  static Vector signed_max(Vector a, Vector b) {
    return vreinterpretq_u32_s32(vmaxq_s32(vreinterpretq_s32_u32(a), vreinterpretq_s32_u32(b)));
  }
  static Mask equal(Vector a, Vector b) { return vceqq_u32(a, b); }
  static Mask both(Mask a, Mask b) { return vandq_u32(a, b); }
  static Mask either(Mask a, Mask b) { return vorrq_u32(a, b); }
  static bool all(Mask mask) { return vminvq_u32(mask) != 0; }
};

template <>
struct Neon<std::uint64_t> {
  using Lane = std::uint64_t;
  using Vector = uint64x2_t;
  using Mask = uint64x2_t;
  static constexpr std::size_t lanes = 2;

  static Vector load(const void* from) {
    return vreinterpretq_u64_u8(vld1q_u8(static_cast<const std::uint8_t*>(from)));
  }
  static Vector spread(Lane x) { return vdupq_n_u64(x); }
  static Vector minus(Vector a, Vector b) { return vsubq_u64(a, b); }
  static Vector unsigned_max(Vector a, Vector b) { return vbslq_u64(vcgtq_u64(a, b), a, b); }
  static Vector signed_max(Vector a, Vector b) {
    return vbslq_u64(vcgtq_s64(vreinterpretq_s64_u64(a), vreinterpretq_s64_u64(b)), a, b);
  }
  static Mask equal(Vector a, Vector b) { return vceqq_u64(a, b); }
  static Mask both(Mask a, Mask b) { return vandq_u64(a, b); }
  static Mask either(Mask a, Mask b) { return vorrq_u64(a, b); }
  static bool all(Mask mask) { return vminvq_u32(vreinterpretq_u32_u64(mask)) != 0; }
};

}  // namespace

constinit const ValueKernels kNeonKernels = kernels_of<Neon>("neon");

}  // namespace tensorgate

#endif
