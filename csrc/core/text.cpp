#include "core/text.h"

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace tensorgate {
namespace {

struct CodePoint {
  std::uint32_t value;
  std::size_t length;  // bytes; 0 where the bytes are not UTF-8
};

CodePoint decode(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < length) return {lead, 0};
  std::uint32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {lead, 0};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || surrogate || value > 0x10FFFF) return {lead, 0};
  return {value, length};
}

// Characters that move the cursor, change the order of the text or can't be seen.
bool is_unsafe(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) ||
         (c >= 0xE0000 && c <= 0xE007F);
}

std::string escape(std::uint32_t c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\'':
      return "\\'";
    case '\\':
      return "\\\\";
    default:
      break;
  }
  std::array<char, 12> buffer{};
  const char* format = c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x";
  std::snprintf(buffer.data(), buffer.size(), format, static_cast<unsigned>(c));
  return buffer.data();
}

template <class MustEscape>
std::string escaped_where(std::string_view utf8, std::size_t max_characters, MustEscape must_escape) {
  std::string out;
  for (std::size_t shown = 0; !utf8.empty(); ++shown) {
    if (shown == max_characters) return out + "...";
    const CodePoint c = decode(utf8);
    if (c.length == 0 || must_escape(c.value)) {
      out += escape(c.value);
    } else {
      out += utf8.substr(0, c.length);
    }
    utf8.remove_prefix(c.length == 0 ? 1 : c.length);
  }
  return out;
}

}  // namespace

std::string escaped(std::string_view utf8, std::size_t max_characters) {
  return escaped_where(utf8, max_characters, is_unsafe);
}

std::string path_text(std::string_view path) { return escaped(path, path.size()); }

std::string quoted(std::string_view utf8, std::size_t max_characters) {
  const auto must_escape = [](std::uint32_t c) { return is_unsafe(c) || c == '\'' || c == '\\'; };
  return "'" + escaped_where(utf8, max_characters, must_escape) + "'";
}

std::string at(std::string_view parent, std::string_view name, std::size_t max_characters) {
  return std::string(parent) + "[" + quoted(name, max_characters) + "]";
}

std::string with_article(std::string_view noun) {
  const bool vowel = !noun.empty() && std::string_view("aeioAEIO").find(noun[0]) != std::string_view::npos;
  return (vowel ? "an " : "a ") + std::string(noun);
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    if (bytes.size() >= sizeof word) {
      std::memcpy(&word, bytes.data(), sizeof word);
      if ((word & 0x8080808080808080) == 0) {
        bytes.remove_prefix(sizeof word);
        continue;
      }
    }
    if (static_cast<std::uint8_t>(bytes[0]) < 0x80) {
      bytes.remove_prefix(1);
      continue;
    }
    const CodePoint c = decode(bytes);
    if (c.length == 0) return false;
    bytes.remove_prefix(c.length);
  }
  return true;
}

}  // namespace tensorgate
