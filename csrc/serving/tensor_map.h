#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "serving/span_reader.h"

namespace tensorgate::serving {

// An entry of a map<string, TensorProto>. Either part may be absent.
struct TensorEntry {
  std::string_view alias;
  std::string_view tensor;   // the TensorProto's bytes
  std::uint64_t offset = 0;  // where they begin, for messages
  std::size_t parts = 0;     // in how many pieces the value came: protobuf merges them
};

// How deep a map's entry and the tensor in it are nested in a message.
inline constexpr int kEntryDepth = 1, kTensorDepth = 2;

// The entry that the bytes are; where it came in several pieces, `tensor` is the last of them.
inline TensorEntry read_tensor_entry(SpanReader& wire) {
  TensorEntry out{.offset = wire.offset()};
  wire.message([&](Field f) {
    if (f.is(1, WireType::length)) {
      out.alias = wire.utf8("a key");
    } else if (f.is(2, WireType::length)) {
      out.tensor = wire.bytes();
      out.offset = wire.offset() - out.tensor.size();
      ++out.parts;
    } else {
      wire.skip(f);
    }
  });
  return out;
}

// The entries of a map in the order in which their keys came first; of those with one key the last wins.
class TensorMap {
 public:
  // Keeps `most` of them.
  explicit TensorMap(std::size_t most = 0) : most_(most) {}

  // Reads the entry that stands here. Throws Malformed.
  void add(SpanReader& wire);

  const std::vector<TensorEntry>& entries() const { return entries_; }
  // True where there were more.
  bool overflows() const { return overflows_; }

 private:
  std::size_t most_;
  bool overflows_ = false;
  std::vector<TensorEntry> entries_;
  std::unordered_map<std::string_view, std::size_t> positions_;
  std::deque<std::string> joined_;  // by position: tensors that came in several pieces
};

}  // namespace tensorgate::serving
