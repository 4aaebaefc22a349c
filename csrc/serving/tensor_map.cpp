#include "serving/tensor_map.h"

namespace tensorgate::serving {
namespace {

// Messages merge, which is what the pieces one after the other mean.
std::string joined_pieces(std::string_view entry) {
  std::string out;
  SpanReader wire(entry);
  wire.message([&](Field f) {
    if (f.is(2, WireType::length)) {
      out += wire.bytes();
    } else {
      wire.skip(f);
    }
  });
  return out;
}

}  // namespace

void TensorMap::add(SpanReader& wire) {
  const std::uint64_t start = wire.position();
  const char* data = wire.source().data();
  TensorEntry entry = read_tensor_entry(wire);
  if (!is_utf8(entry.alias)) wire.fail_at(start, "a key " + quoted(entry.alias) + " is not UTF-8");
  if (entry.parts > 1) {
    SpanReader whole(std::string_view(data, wire.position() - start));
    entry.tensor = joined_.emplace_back(joined_pieces(whole.bytes()));
  }
  const auto [found, is_new] = positions_.emplace(entry.alias, entries_.size());
  if (is_new) {
    entries_.push_back(entry);
  } else {
    entries_[found->second] = entry;
  }
}

}  // namespace tensorgate::serving
