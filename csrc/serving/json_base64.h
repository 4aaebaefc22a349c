#pragma once

#include <string>
#include <string_view>

namespace tensorgate::serving {

// Decodes RFC 4648's base64: its alphabet, padded, no other character, the unused bits zero. Returns what was expected
// instead where it is not that, else null.
const char* decode_base64(std::string_view text, std::string& out);

// Encodes likewise, into a third more bytes, rounded up to a multiple of 4. Returns where the text ends.
char* write_base64(char* out, std::string_view bytes);

}  // namespace tensorgate::serving
