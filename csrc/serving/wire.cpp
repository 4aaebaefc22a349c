#include "serving/wire.h"

#include "core/errors.h"
#include "core/text.h"

namespace tensorgate::serving {
namespace {

constexpr int kMaxBytesOfUint32 = 5;  // tags and lengths: protobuf reads no more of them
constexpr int kMaxDepth = 100;        // protobuf's default recursion limit
// Far above any real signature, far below what hurts: bounds the memory that a file can ask for.
constexpr std::uint64_t kMaxContractBytes = 32 << 20;
constexpr std::uint64_t kMessageCost =
    64;  // what a message or a string costs in memory, however short it is on the wire

}  // namespace

void WireReader::fail(const std::string& what) const { fail_at(position(), what); }

void WireReader::fail_at(std::uint64_t position, const std::string& what) const {
  throw InvalidInput(path_text(file_.path()) + ": byte " + std::to_string(position) + ": " + what);
}

void WireReader::charge(std::uint64_t bytes) {
  if (bytes > kMaxContractBytes - contract_bytes_) {
    fail("the signatures take more than " + std::to_string(kMaxContractBytes >> 20) + " MiB");
  }
  contract_bytes_ += bytes;
}

void WireReader::need(std::uint64_t count) const {
  if (count > left()) {
    fail("a value of " + std::to_string(count) + (count == 1 ? " byte" : " bytes") + " runs past the end, " +
         std::to_string(left()) + " are left: truncated or not a SavedModel");
  }
}

std::uint64_t WireReader::varint(int max_bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 7 * max_bytes; shift += 7) {
    need(1);
    const std::uint8_t byte = file_.byte();
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  fail("a number is longer than " + std::to_string(max_bytes) + " bytes");
}

std::uint64_t WireReader::fixed64() {
  const std::uint64_t low = fixed32();
  return low | static_cast<std::uint64_t>(fixed32()) << 32;
}

std::uint32_t WireReader::fixed32() {
  need(4);
  std::uint32_t value = 0;
  for (int shift = 0; shift < 32; shift += 8) value |= static_cast<std::uint32_t>(file_.byte()) << shift;
  return value;
}

Field WireReader::tag() {
  const std::uint64_t start = position();
  const std::uint64_t value = varint(kMaxBytesOfUint32);
  const std::uint64_t number = value >> 3;
  const auto type = static_cast<std::uint8_t>(value & 7);
  if (value > UINT32_MAX || number == 0) fail_at(start, "not a field number");
  if (type > 5) fail_at(start, "wire type " + std::to_string(type) + " does not exist");
  return {static_cast<std::uint32_t>(number), static_cast<WireType>(type)};
}

std::uint64_t WireReader::length() {
  const std::uint64_t start = position();
  const std::uint64_t value = varint();
  if (value > left()) {
    fail_at(start, "a length of " + std::to_string(value) + " bytes runs past the end, " + std::to_string(left()) +
                       " are left: truncated or not a SavedModel");
  }
  if (position() - start > kMaxBytesOfUint32) fail_at(start, "a length is longer than 5 bytes");
  return value;
}

void WireReader::deepen() {
  if (++depth_ > kMaxDepth) fail("messages are nested more than " + std::to_string(kMaxDepth) + " deep");
}

std::uint64_t WireReader::enter() {
  const std::uint64_t size = length();
  charge(kMessageCost);
  deepen();
  const std::uint64_t outer = end_;
  end_ = position() + size;
  return outer;
}

void WireReader::leave(std::uint64_t outer) {
  end_ = outer;
  --depth_;
}

std::string WireReader::bytes() {
  const std::uint64_t size = length();
  charge(kMessageCost + size);
  std::string out;
  file_.read(size, out);
  return out;
}

std::string WireReader::utf8(std::string_view what) {
  const std::uint64_t start = position();
  std::string out = bytes();
  if (!is_utf8(out)) fail_at(start, std::string(what) + " " + quoted(out) + " is not UTF-8");
  return out;
}

void WireReader::skip(Field field) {
  switch (field.type) {
    case WireType::varint:
      varint();
      return;
    case WireType::fixed64:
      need(8);
      file_.skip(8);
      return;
    case WireType::length:
      file_.skip(length());
      return;
    case WireType::fixed32:
      need(4);
      file_.skip(4);
      return;
    case WireType::group_end:
      fail("a group ends that did not begin");
    case WireType::group_start:
      break;
  }
  deepen();
  while (true) {
    if (left() == 0) fail("a group does not end");
    const Field inner = tag();
    if (inner.type == WireType::group_end) {
      if (inner.number != field.number) fail("a group ends that did not begin");
      break;
    }
    skip(inner);
  }
  --depth_;
}

}  // namespace tensorgate::serving
