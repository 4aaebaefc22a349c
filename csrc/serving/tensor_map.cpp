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
  const std::string_view bytes = wire.bytes();
  SpanReader own(bytes, wire.offset() - bytes.size());
  TensorEntry entry = read_tensor_entry(own);
  if (!is_utf8(entry.alias)) own.fail_at(0, "a key " + quoted(entry.alias) + " is not UTF-8");
  if (entry.parts > 1) entry.tensor = joined_.emplace_back(joined_pieces(bytes));
  const auto [found, is_new] = positions_.emplace(entry.alias, entries_.size());
  if (is_new) {
    entries_.push_back(entry);
  } else {
    entries_[found->second] = entry;
  }
}

}  // namespace tensorgate::serving
