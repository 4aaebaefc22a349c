#pragma once

#include <cstdint>
#include <string_view>

#include "serving/feature_column.h"

namespace tensorgate::serving {

// The bytes of a length-delimited field whose length stands at `at`, which is moved behind them; false where they don't
// end before `end`, or the length takes more than four bytes. For messages in the form that all writers give them: one
// field after another without a reader's bookkeeping.
inline bool take_bytes(const char*& at, const char* end, std::string_view& out) {
  constexpr int kMostBits = 28;
  const char* next = at;
  std::uint64_t length = 0;
  std::uint8_t byte = 0x80;
  for (int shift = 0; byte >= 0x80; shift += 7) {
    if (next == end || shift == kMostBits) return false;
    byte = static_cast<std::uint8_t>(*next++);
    length |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
  }
  if (length > static_cast<std::uint64_t>(end - next)) return false;
  out = {next, length};
  at = next + length;
  return true;
}

// The same after a tag of one byte; false where another one stands there.
inline bool take_field(const char*& at, const char* end, char tag, std::string_view& out) {
  if (at == end || *at != tag) return false;
  const char* next = at + 1;
  if (!take_bytes(next, end, out)) return false;
  at = next;
  return true;
}

// Reads a Feature into the column's row: lists of one kind are one, of two kinds the last one counts, as in protobuf.
// Where the column is null or of another kind, values are looked at and not kept. `offset` is where it stands, `depth`
// how deep in other messages. Throws Malformed.
void read_feature(std::string_view feature, std::uint64_t offset, int depth, FeatureColumn* column);

// The same where the Feature has the form that all writers give it: one list, and in it strings, or numbers in one run.
// False where it has another, and the column's feature must begin anew.
bool read_usual_feature(std::string_view feature, FeatureColumn* column);

}  // namespace tensorgate::serving
