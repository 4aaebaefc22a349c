#pragma once

// For the value_kernels_*.cpp files alone, each compiled for one instruction set. Everything here and there has
// internal linkage and calls nothing of the standard library: of an inline function that several files compile, the
// linker keeps one copy, and where that is the one with the wider instructions, older machines would crash at it.

#include <type_traits>

#include "core/value_kernels.h"

namespace tensorgate {
namespace {

constexpr std::size_t kBlockBytes = 8192;  // between two looks at the verdict
// How far ahead to fetch, which makes a fifth from the second-level cache. It may lie beyond the end: nothing is read.
constexpr std::size_t kPrefetchBytes = 1024;
constexpr std::size_t kCacheLine = 64;

// A vector of one lane: what is left over at the end, and machines without anything wider.
template <class Code>
struct OneLane {
  using Lane = Code;
  using Vector = Code;
  using Mask = bool;
  using Signed = std::make_signed_t<Code>;
  static constexpr std::size_t lanes = 1;

  static Vector load(const void* from) {
    Code code;
    __builtin_memcpy(&code, from, sizeof code);
    return code;
  }
  static Vector spread(Lane x) { return x; }
  static Vector minus(Vector a, Vector b) { return static_cast<Code>(a - b); }
  static Vector unsigned_max(Vector a, Vector b) { return a < b ? b : a; }
  static Vector signed_max(Vector a, Vector b) { return static_cast<Signed>(a) < static_cast<Signed>(b) ? b : a; }
  static Mask equal(Vector a, Vector b) { return a == b; }
  static Mask both(Mask a, Mask b) { return a & b; }
  static Mask either(Mask a, Mask b) { return a | b; }
  static bool all(Mask mask) { return mask; }
};

template <class V>
typename V::Vector load_at(const void* data, std::size_t lane) {
  return V::load(static_cast<const std::byte*>(data) + lane * sizeof(typename V::Lane));
}

// An arc's parts, each in all lanes.
template <class V>
struct ArcVectors {
  typename V::Vector offset, unsigned_top, signed_top;

  static ArcVectors spread(const Arc& arc) {
    using Lane = typename V::Lane;
    return {V::spread(static_cast<Lane>(arc.offset)), V::spread(static_cast<Lane>(arc.unsigned_top)),
            V::spread(static_cast<Lane>(arc.signed_top))};
  }

  static ArcVectors load(const Arcs& arcs, std::size_t lane) {
    return {load_at<V>(arcs.offsets, lane), load_at<V>(arcs.unsigned_tops, lane), load_at<V>(arcs.signed_tops, lane)};
  }

  typename V::Mask holds(typename V::Vector x) const {
    const auto distance = V::minus(x, offset);
    return V::both(V::equal(V::unsigned_max(distance, unsigned_top), unsigned_top),
                   V::equal(V::signed_max(distance, signed_top), signed_top));
  }
};

// The greatest distances of many vectors: what decides an arc takes two instructions a vector, not a comparison.
template <class V>
struct Extremes {
  typename V::Vector unsigned_max, signed_max;

  // As if the arc's tops had been seen: then equal means that nothing lay above.
  explicit Extremes(const ArcVectors<V>& arc) : unsigned_max(arc.unsigned_top), signed_max(arc.signed_top) {}

  void add(typename V::Vector x, const ArcVectors<V>& arc) {
    const auto distance = V::minus(x, arc.offset);
    unsigned_max = V::unsigned_max(unsigned_max, distance);
    signed_max = V::signed_max(signed_max, distance);
  }

  void add(const Extremes& other) {
    unsigned_max = V::unsigned_max(unsigned_max, other.unsigned_max);
    signed_max = V::signed_max(signed_max, other.signed_max);
  }

  bool inside(const ArcVectors<V>& arc) const {
    return V::all(V::both(V::equal(unsigned_max, arc.unsigned_top), V::equal(signed_max, arc.signed_top)));
  }
};

template <class V>
bool within(const void* data, std::size_t count, const Arc& arc) noexcept {
  constexpr std::size_t kStep = 4 * V::lanes;
  constexpr std::size_t kStepBytes = kStep * sizeof(typename V::Lane);
  constexpr std::size_t kBlock = kBlockBytes / sizeof(typename V::Lane);
  static_assert(kBlock % kStep == 0);
  std::size_t at = 0;
  const auto want = ArcVectors<V>::spread(arc);
  while (count - at >= kStep) {
    const std::size_t left = (count - at) / kStep * kStep;
    const std::size_t end = at + (left < kBlock ? left : kBlock);
    Extremes<V> a(want), b(want), c(want), d(want);
    for (; at < end; at += kStep) {
      if constexpr (kStepBytes >= kCacheLine) {
        const auto* ahead = static_cast<const std::byte*>(data) + at * sizeof(typename V::Lane) + kPrefetchBytes;
        for (std::size_t line = 0; line < kStepBytes; line += kCacheLine) __builtin_prefetch(ahead + line);
      }
      a.add(load_at<V>(data, at), want);
      b.add(load_at<V>(data, at + V::lanes), want);
      c.add(load_at<V>(data, at + 2 * V::lanes), want);
      d.add(load_at<V>(data, at + 3 * V::lanes), want);
    }
    a.add(b);
    c.add(d);
    a.add(c);
    if (!a.inside(want)) return false;
  }
  if (count >= V::lanes) {
    Extremes<V> rest(want);
    for (; count - at >= V::lanes; at += V::lanes) rest.add(load_at<V>(data, at), want);
    rest.add(load_at<V>(data, count - V::lanes), want);
    return rest.inside(want);
  }
  using One = OneLane<typename V::Lane>;
  Extremes<One> rest(ArcVectors<One>::spread(arc));
  for (; at < count; ++at) rest.add(load_at<One>(data, at), ArcVectors<One>::spread(arc));
  return rest.inside(ArcVectors<One>::spread(arc));
}

// True where `judge`, called with a kind of vector and a lane to begin at, finds nothing wrong in all `count` lanes.
template <class V, class Judge>
bool every(std::size_t count, const Judge& judge) {
  using One = OneLane<typename V::Lane>;
  constexpr std::size_t kBlock = kBlockBytes / sizeof(typename V::Lane);
  std::size_t at = 0;
  while (count - at >= V::lanes) {
    const std::size_t left = (count - at) / V::lanes * V::lanes;
    const std::size_t end = at + (left < kBlock ? left : kBlock);
    auto good = judge.template operator()<V>(at);
    for (at += V::lanes; at < end; at += V::lanes) good = V::both(good, judge.template operator()<V>(at));
    if (!V::all(good)) return false;
  }
  bool good = true;
  for (; at < count; ++at) good &= judge.template operator()<One>(at);
  return good;
}

template <class V>
bool within_each(const void* data, std::size_t count, const Arcs& arcs) noexcept {
  return every<V>(count,
                  [&]<class W>(std::size_t at) { return ArcVectors<W>::load(arcs, at).holds(load_at<W>(data, at)); });
}

template <class V>
bool among(const void* data, std::size_t count, const std::uint64_t* codes, std::size_t code_count) noexcept {
  using Lane = typename V::Lane;
  return every<V>(count, [&]<class W>(std::size_t at) {
    const auto x = load_at<W>(data, at);
    auto found = W::equal(x, W::spread(static_cast<Lane>(codes[0])));
    for (std::size_t i = 1; i < code_count; ++i) {
      found = W::either(found, W::equal(x, W::spread(static_cast<Lane>(codes[i]))));
    }
    return found;
  });
}

template <template <class Code> class V>
constexpr ValueKernels kernels_of(const char* name) {
  using V1 = V<std::uint8_t>;
  using V2 = V<std::uint16_t>;
  using V4 = V<std::uint32_t>;
  using V8 = V<std::uint64_t>;
  return {name,
          {within<V1>, within<V2>, within<V4>, within<V8>},
          {within_each<V1>, within_each<V2>, within_each<V4>, within_each<V8>},
          {among<V1>, among<V2>, among<V4>, among<V8>}};
}

}  // namespace
}  // namespace tensorgate
