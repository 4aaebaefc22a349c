#pragma once

#include <cstdint>

#include "serving/span_reader.h"
#include "serving/tensor_header.h"

namespace tensorgate::serving {

// Calls on_number(bits) for each number in the typed field of a header, as it stands on the wire, until that returns
// false. True where it never did.
template <class OnNumber>
bool for_each_number(const TensorHeader& header, Storage::Form form, const OnNumber& on_number) {
  const auto one = [&](SpanReader& wire) {
    switch (form) {
      case Storage::Form::fixed32:
        return on_number(std::uint64_t{wire.fixed32()});
      case Storage::Form::fixed64:
        return on_number(wire.fixed64());
      default:
        return on_number(wire.varint());
    }
  };
  if (header.is_one_run) {
    SpanReader wire(header.run, header.offset);
    while (wire.left() > 0) {
      if (!one(wire)) return false;
    }
    return true;
  }
  SpanReader wire(header.body, header.offset);
  bool goes_on = true;
  wire.message([&](Field f) {
    const bool is_single = form == Storage::Form::varint    ? f.type == WireType::varint
                           : form == Storage::Form::fixed32 ? f.type == WireType::fixed32
                                                            : f.type == WireType::fixed64;
    if (!goes_on || f.number != header.values_field) {
      wire.skip(f);
    } else if (is_single) {
      goes_on = one(wire);
    } else if (f.type == WireType::length) {
      wire.packed([&] {
        if (goes_on) {
          goes_on = one(wire);
        } else {
          wire.source().skip(wire.left());
        }
      });
    } else {
      wire.skip(f);
    }
  });
  return goes_on;
}

// Calls on_string(view) for each string in string_val.
template <class OnString>
void for_each_string(const TensorHeader& header, const OnString& on_string) {
  SpanReader wire(header.body, header.offset);
  wire.message([&](Field f) {
    if (f.is(field::string_val, WireType::length)) {
      on_string(wire.bytes());
    } else {
      wire.skip(f);
    }
  });
}

// Calls on_string(view) for each string in tensor_content: their lengths as varints, then their bytes one after
// another (tensorflow/core/framework/tensor.cc, DecodeStringList). False where the content is no such list.
template <class OnString>
bool for_each_content_string(std::string_view content, std::uint64_t count, const OnString& on_string) {
  constexpr int kMaxBytesOfUint32 = 5;
  const auto length_at = [&](std::size_t& at, std::uint64_t& length) {
    length = 0;
    for (int i = 0; i < kMaxBytesOfUint32 && at < content.size(); ++i) {
      const auto byte = static_cast<std::uint8_t>(content[at++]);
      length |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) return length <= UINT32_MAX;
    }
    return false;
  };
  std::size_t at = 0;
  std::uint64_t total = 0;
  std::uint64_t length = 0;
  if (count > content.size()) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (!length_at(at, length)) return false;
    total += length;
  }
  if (total != content.size() - at) return false;
  std::size_t lengths_at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    // Someone may have changed the bytes on the wire since they were added up.
    if (!length_at(lengths_at, length) || length > content.size() - at) return false;
    on_string(content.substr(at, length));
    at += length;
  }
  return true;
}

}  // namespace tensorgate::serving
