#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "serving/file_reader.h"

namespace tensorgate::serving {

// Protobuf's wire types (protobuf.dev/programming-guides/encoding).
enum class WireType : std::uint8_t { varint = 0, fixed64 = 1, length = 2, group_start = 3, group_end = 4, fixed32 = 5 };

struct Field {
  std::uint32_t number;
  WireType type;

  // A known field of another wire type is an unknown field to protobuf; so it is here.
  bool is(std::uint32_t want_number, WireType want_type) const { return number == want_number && type == want_type; }
};

// Reads one protobuf message after another from a file, as protobuf would: same limits, same refusals, the bytes'
// place in each. Throws InvalidInput where the bytes are no message, or more of a contract than kMaxContractBytes.
class WireReader {
 public:
  explicit WireReader(FileReader& file) : file_(file), end_(file.size()) {}

  std::uint64_t position() const { return file_.position(); }
  std::uint64_t left() const { return end_ - file_.position(); }

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

  std::uint64_t varint(int max_bytes = 10);
  std::uint64_t fixed64();
  std::uint32_t fixed32();
  std::string bytes();
  // As bytes(), and UTF-8: proto3 refuses a string field that is not.
  std::string utf8(std::string_view what);
  // The bytes of a length-delimited field, for packed numbers: calls on_item() until they are used up.
  template <class OnItem>
  void packed(OnItem on_item) {
    const std::uint64_t outer = enter();
    while (left() > 0) on_item();
    leave(outer);
  }
  void skip(Field field);
  // Skips a message whose content is not needed, yet refuses it where it is none.
  void skip_message() {
    nested([&](Field field) { skip(field); });
  }

  // Counts memory that what was read will take against kMaxContractBytes.
  void charge(std::uint64_t bytes);

  [[noreturn]] void fail(const std::string& what) const;
  [[noreturn]] void fail_at(std::uint64_t position, const std::string& what) const;

 private:
  Field tag();
  std::uint64_t length();
  std::uint64_t enter();
  void leave(std::uint64_t outer);
  void need(std::uint64_t count) const;
  void deepen();

  FileReader& file_;
  std::uint64_t end_;
  int depth_ = 0;
  std::uint64_t contract_bytes_ = 0;
};

}  // namespace tensorgate::serving
