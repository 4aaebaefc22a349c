#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/violation.h"
#include "serving/json_number.h"

namespace tensorgate::serving {

// Where JSON can't be read on.
struct BadJson {
  ViolationCode code;  // malformed, or too_large
  std::uint64_t offset;
  std::string expected;
  std::string got;
};

// A place in JSON text, in memory that the caller keeps. Strict but for the tokens NaN, Inf and Infinity, which
// TensorFlow Serving writes and reads. What is not JSON is thrown as BadJson.
class JsonCursor {
 public:
  JsonCursor(std::string_view text, std::size_t max_depth)
      : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()), max_depth_(max_depth) {}

  const char* begin() const { return begin_; }
  const char* at() const { return at_; }
  const char* end() const { return end_; }
  void move_to(const char* at) { at_ = at; }
  std::uint64_t offset() const { return static_cast<std::uint64_t>(at_ - begin_); }

  // '\0' at the end of the text.
  char peek() const { return at_ == end_ ? '\0' : *at_; }
  void skip_space() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }
  // The next character that is no space.
  char next() {
    skip_space();
    return peek();
  }

  // Steps over the next character where it is this one.
  bool try_take(char c) {
    if (next() != c) return false;
    ++at_;
    return true;
  }
  void take(char c);

  // Steps over '[' or '{'. False where the list or object is empty, and then over its end, too.
  bool open(char c);
  // After an element or a member: true, and over the ',', where another one follows; else over the list's end.
  bool more(char close) {
    const char c = next();
    if (c == ',') {
      ++at_;
      return true;
    }
    if (c != close) fail(std::string("',' or '") + close + "'");
    ++at_;
    --depth_;
    return false;
  }

  // At '"'. The string's text, which lies in `storage` if it was written with escapes; UTF-8.
  std::string_view string(std::string& storage);
  // A member's name and the ':'.
  std::string_view name(std::string& storage);
  JsonNumber number();
  // NaN, Inf or Infinity, with or without '-', if one stands here.
  std::optional<double> number_token();
  // A word such as true.
  void word(std::string_view word);

  // Over any value.
  void skip_value();
  // What stands here, for a message: "null", "a list", "1.5".
  std::string value_text() const;

  [[noreturn, gnu::cold]] void fail(const std::string& expected) const { fail_at(at_, expected); }
  [[noreturn, gnu::cold]] void fail_at(const char* at, const std::string& expected) const;

  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

 private:
  [[noreturn, gnu::cold]] void fail_depth(const char* bracket) const;
  std::string_view escaped_string(const char* start, std::string& storage);
  void append_escape(std::string& storage);
  std::uint32_t code_unit();
  void skip_scalar();

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;  // of the lists and objects around this place
};

}  // namespace tensorgate::serving
