#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "serving/wire.h"

namespace tensorgate::serving {

// The bytes that protobuf takes for a number; for a field's tag, or one with its length and as many bytes.
constexpr std::uint64_t varint_size(std::uint64_t value) {
  return (static_cast<std::uint64_t>(std::bit_width(value | 1)) + 6) / 7;
}
constexpr std::uint64_t tag_size(std::uint32_t field) { return varint_size(std::uint64_t{field} << 3); }
constexpr std::uint64_t number_size(std::uint32_t field, std::uint64_t value) {
  return tag_size(field) + varint_size(value);
}
constexpr std::uint64_t length_size(std::uint32_t field, std::uint64_t bytes) {
  return number_size(field, bytes) + bytes;
}

// Writes protobuf into the caller's memory, which must hold what the functions above add up to.
class ProtoWriter {
 public:
  explicit ProtoWriter(char* out) : out_(out) {}

  void number(std::uint32_t field, std::uint64_t value) {
    tag(field, WireType::varint);
    varint(value);
  }
  void bytes(std::uint32_t field, std::string_view value) {
    length(field, value.size());
    std::memcpy(skip(value.size()), value.data(), value.size());
  }
  // A field of so many bytes, which the caller writes next: a nested message, or those that skip() gives.
  void length(std::uint32_t field, std::uint64_t size) {
    tag(field, WireType::length);
    varint(size);
  }
  char* skip(std::uint64_t count) {
    char* start = out_;
    out_ += count;
    return start;
  }
  char* end() const { return out_; }

 private:
  void tag(std::uint32_t field, WireType type) { varint(std::uint64_t{field} << 3 | static_cast<std::uint64_t>(type)); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *out_++ = static_cast<char>(value | 0x80);
    *out_++ = static_cast<char>(value);
  }

  char* out_;
};

}  // namespace tensorgate::serving
