#include "serving/example_reader.h"

#include <algorithm>

#include "core/text.h"
#include "serving/feature_reader.h"

namespace tensorgate::serving {

void ExampleReader::read(SpanReader& example, std::span<FeatureColumn> columns) {
  entry_ = 0;
  example.message([&](Field f) {
    if (!f.is(1, WireType::length)) return example.skip(f);
    example.nested([&](Field features) {
      if (!features.is(1, WireType::length)) return example.skip(features);
      if (entry_ == limits_->max_features) throw TooManyFeatures{example.offset()};
      if (!read_usual_entry(example, columns)) read_entry(example, columns);
      ++entry_;
    });
  });
}

// An entry in the form that all writers give it: a key, then a value. False, and nothing read, where it has another.
bool ExampleReader::read_usual_entry(SpanReader& wire, std::span<FeatureColumn> columns) {
  const char* const start = wire.source().data();
  const char* after = start;
  std::string_view entry;
  if (!take_bytes(after, start + wire.left(), entry)) return false;
  const char* at = entry.data();
  std::string_view key;
  std::string_view value;
  if (!take_field(at, after, '\x0A', key) || !take_field(at, after, '\x12', value) || at != after) return false;
  FeatureColumn* column = nullptr;
  if (!find(key, columns, column)) return false;
  if (column != nullptr) column->begin_feature(wire.offset());
  if (!read_usual_feature(value, column)) return false;
  wire.source().skip(static_cast<std::uint64_t>(after - start));
  return true;
}

// Key and value may come in any order and any number: the last key counts, and the values are one.
void ExampleReader::read_entry(SpanReader& wire, std::span<FeatureColumn> columns) {
  const std::uint64_t offset = wire.offset();
  std::string_view key;
  values_.clear();
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length)) {
      key = wire.utf8("a feature's name");
    } else if (f.is(2, WireType::length)) {
      const std::string_view value = wire.bytes();
      values_.push_back({value, wire.offset() - value.size()});
    } else {
      // Some of protobuf's libraries skip such a field, others lose the entry.
      wire.fail("an entry of a map has a field " + std::to_string(f.number) + " that is neither its key nor its value");
    }
  });
  FeatureColumn* column = nullptr;
  find(key, columns, column);
  if (column != nullptr) column->begin_feature(offset);
  const int depth = wire.depth() + 2;  // of a Feature, in its entry
  for (const Value& value : values_) read_feature(value.bytes, value.offset, depth, column);
}

bool ExampleReader::find(std::string_view name, std::span<FeatureColumn> columns, FeatureColumn*& column) {
  if (entry_ == order_.size() || order_[entry_].name != name) {
    const Found found{name, contract_->find(name)};
    // A known name is UTF-8 by itself.
    if (found.feature == ExampleContract::kUnknown && !is_utf8(name)) return false;
    if (entry_ == order_.size()) {
      order_.push_back(found);
    } else {
      order_[entry_] = found;
    }
  }
  const std::size_t feature = order_[entry_].feature;
  column = feature == ExampleContract::kUnknown ? nullptr : &columns[feature];
  return true;
}

std::string_view without_padding(std::string_view message) {
  SpanReader wire(message);
  std::uint64_t end = 0;  // of the last field
  const auto is_padding = [&] { return message.find_first_not_of('\0', wire.position()) == std::string_view::npos; };
  if (is_padding()) return {};
  try {
    wire.message([&](Field f) {
      wire.skip(f);
      end = wire.position();
      if (is_padding()) wire.source().skip(wire.left());
    });
  } catch (const Malformed&) {
    return message;  // whoever reads it comes to the same place
  }
  return message.substr(0, end);
}

}  // namespace tensorgate::serving
