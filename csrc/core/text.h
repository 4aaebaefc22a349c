#pragma once

#include <string>
#include <string_view>

namespace tensorgate {

// A name as a message shows it: at most 80 characters, without anything that a terminal or a log would
// obey (control characters, bidirectional overrides, invisible characters, broken UTF-8).
std::string escaped(std::string_view utf8);

// The same between single quotes, as Python writes a str.
std::string quoted(std::string_view utf8);

// Where a named tensor stands: at("inputs", "ids") is inputs['ids'].
std::string at(std::string_view parent, std::string_view name);

// True for what Python and TensorFlow take as UTF-8: no overlong forms, no surrogates, nothing over U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace tensorgate
