#include "serving/feature_reader.h"

#include <cstddef>
#include <cstring>
#include <string>

#include "serving/span_reader.h"

namespace tensorgate::serving {
namespace {

constexpr std::uint32_t kValue = 1;  // the field of every list
constexpr char kValueTag = '\x0A';   // of a length, as all but lone numbers have

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t out;
  std::memcpy(&out, at, sizeof(out));
  return out;
}

// How many of the bytes end a varint.
std::uint64_t count_varints(std::string_view bytes) {
  std::uint64_t count = 0;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    // One bit for each of the eight, summed up in the highest byte.
    count += ((~eight_bytes(at) & 0x8080808080808080) >> 7) * 0x0101010101010101 >> 56;
  }
  for (; at != end; ++at) count += static_cast<std::uint8_t>(*at) < 0x80 ? 1 : 0;
  return count;
}

// The varint that stands at `at`, which is moved behind it; false where it is longer than its ten bytes, or than what
// is there.
template <bool is_near_end>
bool take_varint(const char*& at, const char* end, std::uint64_t& value) {
  constexpr int kMaxBits = 70;
  auto byte = static_cast<std::uint8_t>(*at++);
  value = byte & 0x7F;
  for (int shift = 7; byte >= 0x80; shift += 7) {
    if (shift == kMaxBits || (is_near_end && at == end)) [[unlikely]]
      return false;
    byte = static_cast<std::uint8_t>(*at++);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
  }
  return true;
}

// Reads that many varints and nothing else; false where they don't stand there. Memory that changes meanwhile makes it
// read other numbers and nothing worse.
template <class OnNumber>
bool read_varints(std::string_view bytes, std::uint64_t count, const OnNumber& on_number) {
  constexpr std::ptrdiff_t kMaxBytes = 10;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  std::uint64_t value = 0;
  for (; count > 0 && end - at >= kMaxBytes; --count) {
    if (!take_varint<false>(at, end, value)) return false;
    on_number(value);
  }
  for (; count > 0 && at != end; --count) {
    if (!take_varint<true>(at, end, value)) return false;
    on_number(value);
  }
  return count == 0 && at == end;
}

bool add_packed_ints(std::string_view packed, FeatureColumn* column) {
  const std::uint64_t count = count_varints(packed);
  if (column == nullptr) return read_varints(packed, count, [](std::uint64_t) {});
  std::byte* out = column->add_numbers(count);
  return read_varints(packed, count, [&](std::uint64_t value) {
    std::memcpy(out, &value, sizeof(value));
    out += sizeof(value);
  });
}

bool add_packed_floats(std::string_view packed, FeatureColumn* column) {
  const std::size_t count = packed.size() / sizeof(float);
  if (packed.size() != count * sizeof(float)) return false;
  if (column != nullptr && count > 0) std::memcpy(column->add_numbers(count), packed.data(), packed.size());
  return true;
}

void read_bytes_list(SpanReader& wire, FeatureColumn* column) {
  wire.nested([&](Field f) {
    if (!f.is(kValue, WireType::length)) return wire.skip(f);
    const std::string_view text = wire.bytes();
    if (column != nullptr) column->add_string(text);
  });
}

void read_float_list(SpanReader& wire, FeatureColumn* column) {
  wire.nested([&](Field f) {
    if (f.is(kValue, WireType::length)) {
      const std::uint64_t start = wire.position();
      const std::string_view packed = wire.bytes();
      if (!add_packed_floats(packed, column)) {
        wire.fail_at(start, "packed floats of " + std::to_string(packed.size()) + " bytes, no multiple of 4");
      }
    } else if (f.is(kValue, WireType::fixed32)) {
      const std::uint32_t bits = wire.fixed32();
      if (column != nullptr) std::memcpy(column->add_numbers(1), &bits, sizeof(bits));
    } else {
      wire.skip(f);
    }
  });
}

void read_int_list(SpanReader& wire, FeatureColumn* column) {
  wire.nested([&](Field f) {
    if (f.is(kValue, WireType::length)) {
      const std::uint64_t start = wire.position();
      if (!add_packed_ints(wire.bytes(), column)) {
        wire.fail_at(start, "one of packed integers does not end, or is longer than 10 bytes");
      }
    } else if (f.is(kValue, WireType::varint)) {
      const std::uint64_t value = wire.varint();
      if (column != nullptr) std::memcpy(column->add_numbers(1), &value, sizeof(value));
    } else {
      wire.skip(f);
    }
  });
}

// Makes a list of the kind the column's; null where its values are not to be kept.
FeatureColumn* begin_list(FeatureColumn* column, FeatureKind kind) {
  if (column == nullptr) return nullptr;
  column->begin_list(kind);
  return column->plan().kind == kind ? column : nullptr;
}

}  // namespace

void read_feature(std::string_view feature, std::uint64_t offset, int depth, FeatureColumn* column) {
  SpanReader wire(feature, offset, depth);
  wire.message([&](Field f) {
    if (f.type != WireType::length || f.number > static_cast<std::uint32_t>(FeatureKind::ints)) return wire.skip(f);
    const auto kind = static_cast<FeatureKind>(f.number);
    FeatureColumn* kept = begin_list(column, kind);
    switch (kind) {
      case FeatureKind::bytes:
        return read_bytes_list(wire, kept);
      case FeatureKind::floats:
        return read_float_list(wire, kept);
      default:
        return read_int_list(wire, kept);
    }
  });
}

bool read_usual_feature(std::string_view feature, FeatureColumn* column) {
  const char* at = feature.data();
  const char* const end = at + feature.size();
  std::string_view list;
  std::string_view value;
  if (feature.empty() || !take_field(at, end, feature[0], list) || at != end) return false;
  const char* in_list = list.data();
  switch (feature[0]) {
    case '\x0A': {
      FeatureColumn* kept = begin_list(column, FeatureKind::bytes);
      while (in_list != end) {
        if (!take_field(in_list, end, kValueTag, value)) return false;
        if (kept != nullptr) kept->add_string(value);
      }
      return true;
    }
    case '\x12':
      return take_field(in_list, end, kValueTag, value) && in_list == end &&
             add_packed_floats(value, begin_list(column, FeatureKind::floats));
    case '\x1A':
      return take_field(in_list, end, kValueTag, value) && in_list == end &&
             add_packed_ints(value, begin_list(column, FeatureKind::ints));
    default:
      return false;
  }
}

}  // namespace tensorgate::serving
