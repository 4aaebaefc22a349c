#include "serving/json_base64.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace tensorgate::serving {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kNone = 64;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> out{};
  out.fill(kNone);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    out[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return out;
}();

// What twelve bits are written as.
constexpr auto kBase64Pairs = [] {
  std::array<std::array<char, 2>, 4096> out{};
  for (std::size_t bits = 0; bits < out.size(); ++bits) out[bits] = {kAlphabet[bits >> 6], kAlphabet[bits & 63]};
  return out;
}();

}  // namespace

const char* decode_base64(std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 4 != 0) return "base64, padded to a multiple of 4 characters";
  std::size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  std::size_t held = 0;
  std::uint32_t strange = 0;
  for (const char c : text) {
    const std::uint32_t value = kValues[static_cast<std::uint8_t>(c)];
    strange |= value & kNone;
    bits = (bits << 6 | value) & 0xFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  if (strange != 0) return "base64, of A-Z, a-z, 0-9, '+' and '/'";
  if ((bits & ((1U << held) - 1)) != 0) return "base64, without bits that no byte holds";
  return nullptr;
}

char* write_base64(char* out, std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(bytes[i])}; };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3, out += 4) {
    const std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    std::memcpy(out, kBase64Pairs[bits >> 12].data(), 2);
    std::memcpy(out + 2, kBase64Pairs[bits & 0xFFF].data(), 2);
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return out;
  const std::uint32_t bits = byte(i) << 16 | (left == 2 ? byte(i + 1) << 8 : 0);
  std::memcpy(out, kBase64Pairs[bits >> 12].data(), 2);
  std::memcpy(out + 2, kBase64Pairs[bits & 0xFFF].data(), 2);
  std::memset(out + 1 + left, '=', 3 - left);
  return out + 4;
}

}  // namespace tensorgate::serving
