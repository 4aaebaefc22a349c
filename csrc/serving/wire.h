#pragma once

#include <cstdint>
#include <string>

namespace tensorgate::serving {

// Protobuf's wire types (protobuf.dev/programming-guides/encoding).
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length = 2, group_start = 3, group_end = 4, fixed32 = 5 };

struct Field {
  std::uint32_t number;
  WireType type;

  // A known field of another wire type is an unknown field to protobuf; so it is here.
  bool is(std::uint32_t want_number, WireType want_type) const { return number == want_number && type == want_type; }
};

// Reads one protobuf message after another, as protobuf would: same limits, same refusals, the bytes' place in each.
//
// The Source holds the bytes: position(), size(), peek(), byte() and skip(count) within them, enter() for each nested
// message, and fail_at(position, what), which throws.
template <class Source>
class WireReader {
 public:
  template <class... Args>
  explicit WireReader(Args&&... args) : source_(static_cast<Args&&>(args)...), end_(source_.size()) {}

  Source& source() { return source_; }
  std::uint64_t position() const { return source_.position(); }
  std::uint64_t left() const { return end_ - source_.position(); }
  int depth() const { return depth_; }

  // Calls on_field(Field) for each field of the message up to the current end. on_field must read or skip() it.
  template <class OnField>
  void message(OnField on_field) {
    while (left() > 0) on_field(tag());
  }

  // Reads a nested message of the length that stands here.
  template <class OnField>
  void nested(OnField on_field) {
    const std::uint64_t outer = enter();
    message(on_field);
    leave(outer);
  }

  // The items of a length-delimited field, for packed numbers: calls on_item() until they are used up.
  template <class OnItem>
  void packed(OnItem on_item) {
    const std::uint64_t outer = enter();
    while (left() > 0) on_item();
    leave(outer);
  }

  // Most numbers, tags and lengths are of one byte.
  [[gnu::always_inline]] std::uint64_t varint(int max_bytes = 10) {
    if (left() > 0 && source_.peek() < 0x80) [[likely]]
      return source_.byte();
    return long_varint(max_bytes);
  }

  std::uint32_t fixed32() {
    need(4);
    std::uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) value |= static_cast<std::uint32_t>(source_.byte()) << shift;
    return value;
  }

  std::uint64_t fixed64() {
    const std::uint64_t low = fixed32();
    return low | static_cast<std::uint64_t>(fixed32()) << 32;
  }

  // The length that stands here, of bytes that are there.
  [[gnu::always_inline]] std::uint64_t length() {
    const std::uint64_t start = position();
    const std::uint64_t value = varint();
    if (value > left() || position() - start > kMaxBytesOfUint32) [[unlikely]]
      fail_length(start, value);
    return value;
  }

  void skip(Field field) {
    switch (field.type) {
      case WireType::varint:
        varint();
        return;
      case WireType::fixed64:
        need(8);
        source_.skip(8);
        return;
      case WireType::length:
        source_.skip(length());
        return;
      case WireType::fixed32:
        need(4);
        source_.skip(4);
        return;
      case WireType::group_end:
        fail("a group ends that did not begin");
      case WireType::group_start:
        skip_group(field.number);
    }
  }

  // Skips a message whose content is not needed, yet refuses it where it is none.
  void skip_message() {
    nested([&](Field field) { skip(field); });
  }

  [[noreturn, gnu::cold]] void fail(const std::string& what) const { fail_at(position(), what); }
  [[noreturn, gnu::cold]] void fail_at(std::uint64_t position, const std::string& what) const {
    source_.fail_at(position, what);
  }

 protected:
  // For the bytes of a message that is nested so deep in another one.
  void begin_at(int depth) { depth_ = depth; }

  [[gnu::always_inline]] void need(std::uint64_t count) const {
    if (count > left()) [[unlikely]]
      fail_short(count);
  }

 private:
  static constexpr int kMaxBytesOfUint32 = 5;  // tags and lengths: protobuf reads no more of them
  static constexpr int kMaxDepth = 100;        // protobuf's default recursion limit

  [[gnu::always_inline]] Field tag() {
    const std::uint64_t start = position();
    const std::uint64_t value = varint(kMaxBytesOfUint32);
    const std::uint64_t number = value >> 3;
    const auto type = static_cast<std::uint8_t>(value & 7);
    if (value > UINT32_MAX || number == 0 || type > 5) [[unlikely]]
      fail_tag(start, value);
    return {static_cast<std::uint32_t>(number), static_cast<WireType>(type)};
  }

  // Apart from what is read when all is well, which is then small enough to stand where it is called.
  [[noreturn, gnu::cold, gnu::noinline]] void fail_short(std::uint64_t count) const {
    fail("a value of " + std::to_string(count) + (count == 1 ? " byte" : " bytes") + " runs past the end, " +
         std::to_string(left()) + " are left" + source_.kSuspicion);
  }
  [[noreturn, gnu::cold, gnu::noinline]] void fail_length(std::uint64_t start, std::uint64_t value) const {
    if (value <= left()) fail_at(start, "a length is longer than 5 bytes");
    fail_at(start, "a length of " + std::to_string(value) + " bytes runs past the end, " + std::to_string(left()) +
                       " are left" + source_.kSuspicion);
  }
  [[noreturn, gnu::cold, gnu::noinline]] void fail_tag(std::uint64_t start, std::uint64_t value) const {
    if (value > UINT32_MAX || value >> 3 == 0) fail_at(start, "not a field number");
    fail_at(start, "wire type " + std::to_string(value & 7) + " does not exist");
  }
  [[noreturn, gnu::cold, gnu::noinline]] void fail_depth() const {
    fail("messages are nested more than " + std::to_string(kMaxDepth) + " deep");
  }

  [[gnu::noinline]] std::uint64_t long_varint(int max_bytes) {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 7 * max_bytes; shift += 7) {
      need(1);
      const std::uint8_t byte = source_.byte();
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail("a number is longer than " + std::to_string(max_bytes) + " bytes");
  }

  void skip_group(std::uint32_t number) {
    deepen();
    while (true) {
      if (left() == 0) fail("a group does not end");
      const Field inner = tag();
      if (inner.type == WireType::group_end) {
        if (inner.number != number) fail("a group ends that did not begin");
        break;
      }
      skip(inner);
    }
    --depth_;
  }

  void deepen() {
    if (++depth_ > kMaxDepth) [[unlikely]]
      fail_depth();
  }

  std::uint64_t enter() {
    const std::uint64_t size = length();
    source_.enter();
    deepen();
    const std::uint64_t outer = end_;
    end_ = position() + size;
    return outer;
  }

  void leave(std::uint64_t outer) {
    end_ = outer;
    --depth_;
  }

  Source source_;
  std::uint64_t end_;
  int depth_ = 0;
};

}  // namespace tensorgate::serving
