#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "serving/tensor_header.h"
#include "serving/tensor_map.h"

namespace tensorgate::serving {

// Reads messages as nearly all writers write them, several times as fast as SpanReader, whose place in the bytes has to
// be kept in memory; here it stays in a register. False where a message is written in another way, or is none: then a
// SpanReader has to tell.
class PlainReader {
 public:
  explicit PlainReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // A map's entry: its key, its value, and nothing else.
  bool read_entry(TensorEntry& out) {
    const char* const start = at_;
    if (!read_bytes(kKey, out.alias) || !read_bytes(kValue, out.tensor) || at_ != end_) return false;
    out.offset += static_cast<std::uint64_t>(out.tensor.data() - start);
    out.parts = 1;
    return true;
  }

  // A TensorProto of dtype, sizes and tensor_content.
  bool read_header(TensorHeader& out) {
    out.body = {at_, static_cast<std::size_t>(end_ - at_)};
    while (at_ != end_) {
      std::string_view bytes;
      if (*at_ == kDType) {
        ++at_;
        std::uint64_t dtype = 0;
        if (!read_varint(dtype)) return false;
        out.wire_dtype = static_cast<std::uint32_t>(dtype);
      } else if (*at_ == kShape) {
        if (!read_bytes(kShape, bytes) || !PlainReader(bytes).read_shape(out)) return false;
      } else if (!read_bytes(kContent, out.content)) {
        return false;
      }
    }
    return true;
  }

 private:
  // Tags: a field's number and its wire type.
  static constexpr char kKey = 0x0A, kValue = 0x12, kDType = 0x08, kShape = 0x12, kContent = 0x22, kDim = 0x12,
                        kSize = 0x08;

  bool read_varint(std::uint64_t& out) {
    if (at_ == end_) return false;
    out = static_cast<std::uint8_t>(*at_++);
    if (out < 0x80) [[likely]]
      return true;
    out &= 0x7F;
    for (int shift = 7; shift < 35; shift += 7) {
      if (at_ == end_) return false;
      const auto byte = static_cast<std::uint8_t>(*at_++);
      out |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }

  bool read_bytes(char tag, std::string_view& out) {
    if (at_ == end_ || *at_ != tag) return false;
    ++at_;
    std::uint64_t length = 0;
    if (!read_varint(length) || length > static_cast<std::uint64_t>(end_ - at_)) return false;
    out = {at_, length};
    at_ += length;
    return true;
  }

  bool read_shape(TensorHeader& out) {
    while (at_ != end_) {
      std::string_view dim;
      std::uint64_t size = 0;
      if (out.rank == kMaxRank) return false;
      if (read_short_dim(out.sizes[out.rank])) {
        ++out.rank;
        continue;
      }
      if (!read_bytes(kDim, dim)) return false;
      if (!dim.empty() && !PlainReader(dim).read_size(size)) return false;
      out.sizes[out.rank++] = static_cast<std::int64_t>(size);
    }
    return true;
  }

  // A dimension below 2**14, which is four bytes or five, at once.
  bool read_short_dim(std::int64_t& size) {
    constexpr std::uint32_t kOneByte = 0x080212, kTwoBytes = 0x080312, kStart = 0xFFFFFF;
    std::uint32_t word = 0;
    if (end_ - at_ < 4) return false;
    std::memcpy(&word, at_, sizeof word);
    const std::uint32_t last = word >> 24;
    if ((word & kStart) == kOneByte && last < 0x80) {
      size = last;
      at_ += 4;
      return true;
    }
    if ((word & kStart) != kTwoBytes || last < 0x80 || end_ - at_ < 5) return false;
    const auto high = static_cast<std::uint8_t>(at_[4]);
    if (high >= 0x80) return false;
    size = (last & 0x7F) | static_cast<std::int64_t>(high) << 7;
    at_ += 5;
    return true;
  }

  bool read_size(std::uint64_t& size) {
    if (*at_ != kSize) return false;
    ++at_;
    return read_varint(size) && at_ == end_;
  }

  const char* at_;
  const char* end_;
};

}  // namespace tensorgate::serving
