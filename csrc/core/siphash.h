#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tensorgate {

// SipHash-c-d of Aumasson and Bernstein, a keyed hash, with 64 or 128 bits of output.

using SipKey = std::array<std::uint64_t, 2>;  // the key's 16 bytes as two little-endian words
enum class SipWidth : std::uint8_t { bits64, bits128 };

// The state alone, for a message that comes in whole words. Nobody counts them here: the last one must be what SipHash
// has there, the length in the top byte, or the words must be such that no message begins another.
template <int kCompress, int kFinish>
class SipState {
 public:
  explicit SipState(const SipKey& key, SipWidth width = SipWidth::bits64)
      : v0_(key[0] ^ 0x736F6D6570736575),
        v1_(key[1] ^ 0x646F72616E646F6D ^ (width == SipWidth::bits128 ? 0xEE : 0)),
        v2_(key[0] ^ 0x6C7967656E657261),
        v3_(key[1] ^ 0x7465646279746573) {}

  void add(std::uint64_t word) {
    v3_ ^= word;
    rounds<kCompress>();
    v0_ ^= word;
  }

  std::uint64_t finish64() { return finish(0xFF); }
  std::array<std::uint64_t, 2> finish128() {
    const std::uint64_t first = finish(0xEE);
    v1_ ^= 0xDD;
    rounds<kFinish>();
    return {first, v0_ ^ v1_ ^ v2_ ^ v3_};
  }

 private:
  template <int kCount>
  void rounds() {
    for (int i = 0; i < kCount; ++i) {
      v0_ += v1_;
      v2_ += v3_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v1_;
      v0_ += v3_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  std::uint64_t finish(std::uint64_t mark) {
    v2_ ^= mark;
    rounds<kFinish>();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

// The hash of a message of bytes that comes in pieces of any length. Finish it once, with the width it was made for.
template <int kCompress, int kFinish>
class SipHash {
 public:
  explicit SipHash(const SipKey& key, SipWidth width = SipWidth::bits64) : state_(key, width) {}

  void add(std::string_view bytes);
  std::uint64_t finish64();
  std::array<std::uint64_t, 2> finish128();

 private:
  void add_last();

  SipState<kCompress, kFinish> state_;
  std::uint64_t rest_ = 0;  // the bytes that fill no word yet, from the lowest up
  std::uint64_t length_ = 0;
};

extern template class SipHash<1, 3>;
extern template class SipHash<2, 4>;

}  // namespace tensorgate
