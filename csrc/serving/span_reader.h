#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "serving/wire.h"

namespace tensorgate::serving {

// Bytes that are not the message that they should be.
struct Malformed {
  std::uint64_t offset;
  std::string what;
};

// Bytes in memory that the caller keeps. Failures are Malformed.
class SpanSource {
 public:
  static constexpr const char* kSuspicion = "";

  // `offset` is where the bytes begin in what the caller was given, for messages.
  explicit SpanSource(std::string_view bytes, std::uint64_t offset = 0) : bytes_(bytes), offset_(offset) {}

  std::uint64_t size() const { return bytes_.size(); }
  std::uint64_t position() const { return position_; }
  std::uint8_t peek() const { return static_cast<std::uint8_t>(bytes_[position_]); }
  std::uint8_t byte() { return static_cast<std::uint8_t>(bytes_[position_++]); }
  void skip(std::uint64_t count) { position_ += count; }
  void enter() {}
  const char* data() const { return bytes_.data() + position_; }
  std::uint64_t offset_of(std::uint64_t position) const { return offset_ + position; }

  [[noreturn, gnu::cold]] void fail_at(std::uint64_t position, std::string what) const {
    throw Malformed{offset_of(position), std::move(what)};
  }

 private:
  std::string_view bytes_;
  std::uint64_t offset_;
  std::uint64_t position_ = 0;
};

// Reads protobuf messages from memory without a copy.
class SpanReader : public WireReader<SpanSource> {
 public:
  // `depth` is how deep in other messages these bytes are nested.
  explicit SpanReader(std::string_view bytes, std::uint64_t offset = 0, int depth = 0)
      : WireReader<SpanSource>(bytes, offset) {
    begin_at(depth);
  }

  // Where the next byte stands in what the caller was given.
  std::uint64_t offset() { return source().offset_of(position()); }

  // The bytes of a length-delimited field.
  std::string_view bytes() {
    const std::uint64_t size = length();
    const std::string_view out(source().data(), size);
    source().skip(size);
    return out;
  }

  // As bytes(), and UTF-8: proto3 refuses a string field that is not.
  std::string_view utf8(const char* what) {
    const std::uint64_t start = position();
    const std::string_view out = bytes();
    if (!is_utf8(out)) [[unlikely]]
      fail_at(start, std::string(what) + " " + quoted(out) + " is not UTF-8");
    return out;
  }
};

}  // namespace tensorgate::serving
