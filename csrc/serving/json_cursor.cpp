#include "serving/json_cursor.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "core/text.h"

namespace tensorgate::serving {
namespace {

// What a message shows of a number or a word.
constexpr std::size_t kMostShown = 40;

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

// A quote, a backslash, a control character, or what lies beyond ASCII.
bool ends_plain_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '"' || byte == '\\' || byte < 0x20 || byte >= 0x80;
}

// The same of any of eight bytes.
bool any_ends_plain_text(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kTops = 0x8080808080808080;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  const std::uint64_t quote = bytes ^ kOnes * '"';
  const std::uint64_t backslash = bytes ^ kOnes * '\\';
  const std::uint64_t found = (bytes - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | bytes;
  return (found & kTops) != 0;
}

// Where the first byte lies that is not UTF-8.
const char* first_fault(const char* at, const char* end) {
  while (at != end) {
    std::size_t length = 1;
    while (length < 4 && at + length != end && (at[length] & 0xC0) == 0x80) ++length;
    if (!is_utf8({at, length})) return at;
    at += length;
  }
  return at;
}

}  // namespace

void JsonCursor::fail_at(const char* at, const std::string& expected) const {
  std::string got = "the end";
  if (at != end_) {
    const auto byte = static_cast<unsigned char>(*at);
    std::array<char, 16> hex{};
    std::snprintf(hex.data(), hex.size(), "byte 0x%02x", static_cast<unsigned>(byte));
    got = byte < 0x80 ? quoted({at, 1}) : hex.data();
  }
  throw BadJson{ViolationCode::malformed, static_cast<std::uint64_t>(at - begin_), expected, got};
}

void JsonCursor::fail_depth(const char* bracket) const {
  throw BadJson{ViolationCode::too_large, static_cast<std::uint64_t>(bracket - begin_),
                "at most " + std::to_string(max_depth_) + " levels of lists and objects", "more"};
}

void JsonCursor::take(char c) {
  if (!try_take(c)) fail(std::string("'") + c + "'");
}

bool JsonCursor::open(char c) {
  const char close = c == '[' ? ']' : '}';
  const char* const bracket = at_;
  take(c);
  if (next() == close) {
    ++at_;
    return false;
  }
  if (depth_ >= max_depth_) [[unlikely]]
    fail_depth(bracket);
  ++depth_;
  return true;
}

std::string_view JsonCursor::string(std::string& storage) {
  if (peek() != '"') fail("a string");
  const char* const start = ++at_;
  bool ascii = true;
  for (;;) {
    while (end_ - at_ >= 8 && !any_ends_plain_text(at_)) at_ += 8;
    while (at_ != end_ && !ends_plain_text(*at_)) ++at_;
    const char c = peek();
    if (c == '"') break;
    if (static_cast<unsigned char>(c) < 0x80) {
      if (c != '\\') fail("a character of a string, or its '\"'");
      return escaped_string(start, storage);
    }
    ascii = false;
    ++at_;
  }
  const std::string_view out(start, static_cast<std::size_t>(at_ - start));
  if (!ascii && !is_utf8(out)) fail_at(first_fault(start, at_), "UTF-8");
  ++at_;
  return out;
}

// At the first backslash.
std::string_view JsonCursor::escaped_string(const char* start, std::string& storage) {
  storage.clear();
  for (;;) {
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) ++at_;
    const std::string_view plain(start, static_cast<std::size_t>(at_ - start));
    if (!is_utf8(plain)) fail_at(first_fault(start, at_), "UTF-8");
    storage += plain;
    if (peek() == '"') break;
    if (peek() != '\\') fail("a character of a string, or its '\"'");
    append_escape(storage);
    start = at_;
  }
  ++at_;
  return storage;
}

void JsonCursor::append_escape(std::string& storage) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char* const backslash = at_++;
  const char letter = peek();
  if (letter != 'u') {
    const std::size_t found = at_ == end_ ? std::string_view::npos : kLetters.find(letter);
    if (found == std::string_view::npos) fail("one of \"\\/bfnrtu after a backslash");
    storage += kMeanings[found];
    ++at_;
    return;
  }
  std::uint32_t c = code_unit();
  if (c >= 0xDC00 && c <= 0xDFFF) fail_at(backslash, "no lone surrogate");
  if (c >= 0xD800 && c <= 0xDBFF) {
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') fail_at(backslash, "no lone surrogate");
    ++at_;
    const std::uint32_t low = code_unit();
    if (low < 0xDC00 || low > 0xDFFF) fail_at(backslash, "no lone surrogate");
    c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
  }
  append_utf8(storage, c);
}

// At the 'u' of an escape.
std::uint32_t JsonCursor::code_unit() {
  ++at_;
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = peek();
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      digit = static_cast<std::uint32_t>((c | 0x20) - 'a' + 10);
    } else {
      fail("4 hexadecimal digits after \\u");
    }
    out = out << 4 | digit;
  }
  return out;
}

std::string_view JsonCursor::name(std::string& storage) {
  if (next() != '"') fail("a name in quotes");
  const std::string_view out = string(storage);
  take(':');
  return out;
}

JsonNumber JsonCursor::number() {
  if (peek() != '-' && (peek() < '0' || peek() > '9')) fail("a value");
  const auto out = read_number(at_, end_);
  if (!out) fail("a digit");
  if (at_ != end_ && is_word_character(*at_)) fail("the end of a number");
  return *out;
}

std::optional<double> JsonCursor::number_token() {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const bool negative = rest.starts_with('-');
  const std::string_view name = rest.substr(negative ? 1 : 0);
  double value = std::numeric_limits<double>::infinity();
  std::size_t length = 0;
  if (name.starts_with("NaN")) {
    length = 3;
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (name.starts_with("Infinity")) {
    length = 8;
  } else if (name.starts_with("Inf")) {
    length = 3;
  } else {
    return std::nullopt;
  }
  if (length < name.size() && is_word_character(name[length])) fail_at(name.data() + length, "the end of a number");
  at_ = name.data() + length;
  return negative ? -value : value;
}

void JsonCursor::word(std::string_view word) {
  for (const char c : word) {
    if (peek() != c) fail("'" + std::string(word) + "'");
    ++at_;
  }
  if (at_ != end_ && is_word_character(*at_)) fail("the end of '" + std::string(word) + "'");
}

void JsonCursor::skip_scalar() {
  std::string storage;
  switch (peek()) {
    case '"':
      string(storage);
      return;
    case 't':
      return word("true");
    case 'f':
      return word("false");
    case 'n':
      return word("null");
    default:
      if (!number_token()) number();
  }
}

void JsonCursor::skip_value() {
  std::string storage;
  std::vector<char> closes;
  for (;;) {
    const char c = next();
    if (c == '[' || c == '{') {
      const char close = c == '[' ? ']' : '}';
      if (open(c)) {
        closes.push_back(close);
        if (c == '{') name(storage);
        continue;
      }
    } else {
      skip_scalar();
    }
    while (!closes.empty() && !more(closes.back())) closes.pop_back();
    if (closes.empty()) return;
    if (closes.back() == '}') name(storage);
  }
}

std::string JsonCursor::value_text() const {
  switch (peek()) {
    case '[':
      return "a list";
    case '{':
      return "an object";
    case '"':
      return "a string";
    default:
      break;
  }
  const char* last = at_;
  while (last != end_ && is_word_character(*last)) ++last;
  return escaped({at_, static_cast<std::size_t>(last - at_)}, kMostShown);
}

}  // namespace tensorgate::serving
