#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tensorgate {

// Foreign text as a message shows it: at most so many characters, without anything that a terminal or a log would
// obey (control characters, bidirectional overrides, invisible characters, broken UTF-8).
inline constexpr std::size_t kMaxCharacters = 80;
std::string escaped(std::string_view utf8, std::size_t max_characters = kMaxCharacters);

// A path whole, as it is the user's own and its end counts most; escaped likewise.
std::string path_text(std::string_view path);

// A name between single quotes, as Python writes a str, cut and escaped likewise.
std::string quoted(std::string_view utf8, std::size_t max_characters = kMaxCharacters);

// Where a named tensor stands: at("inputs", "ids") is inputs['ids'].
std::string at(std::string_view parent, std::string_view name, std::size_t max_characters = kMaxCharacters);

// "a list", "an int".
std::string with_article(std::string_view noun);

// Appends a code point that is no surrogate, up to U+10FFFF.
void append_utf8(std::string& out, std::uint32_t code_point);

// True for what Python and TensorFlow take as UTF-8: no overlong forms, no surrogates, nothing over U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace tensorgate
