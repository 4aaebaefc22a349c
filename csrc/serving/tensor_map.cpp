#include "serving/tensor_map.h"

#include "serving/tensor_header.h"

namespace tensorgate::serving {
namespace {

// What is merged or replaced is parsed nevertheless.
void require_tensor(std::string_view bytes, std::uint64_t offset) {
  TensorHeader header;
  read_tensor_header(bytes, offset, header, kTensorDepth);
}

// Messages merge, which is what the pieces one after the other mean.
std::string joined_pieces(std::string_view entry, std::uint64_t offset) {
  std::string out;
  SpanReader wire(entry, offset);
  wire.message([&](Field f) {
    if (f.is(2, WireType::length)) {
      const std::string_view piece = wire.bytes();
      require_tensor(piece, wire.offset() - piece.size());
      out += piece;
    } else {
      wire.skip(f);
    }
  });
  return out;
}

}  // namespace

void TensorMap::add(SpanReader& wire) {
  const std::string_view bytes = wire.bytes();
  const std::uint64_t offset = wire.offset() - bytes.size();
  SpanReader own(bytes, offset, kEntryDepth);
  TensorEntry entry = read_tensor_entry(own);
  const auto found = positions_.find(entry.alias);
  const bool is_new = found == positions_.end();
  if (is_new && entries_.size() == most_) {
    overflows_ = true;
    return;
  }
  const std::size_t position = is_new ? entries_.size() : found->second;
  if (is_new) {
    positions_.emplace(entry.alias, position);
    entries_.emplace_back();
    joined_.emplace_back();
  } else {
    require_tensor(entries_[position].tensor, entries_[position].offset);
  }
  if (entry.parts > 1) entry.tensor = joined_[position] = joined_pieces(bytes, offset);
  entries_[position] = entry;
}

}  // namespace tensorgate::serving
