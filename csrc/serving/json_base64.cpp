#include "serving/json_base64.h"

#include <array>
#include <cstdint>

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

}  // namespace tensorgate::serving
