#pragma once

#include <string>
#include <string_view>

namespace tensorgate::serving {

// Decodes RFC 4648's base64: its alphabet, padded, no other character, the unused bits zero. Returns what was expected
// instead where it is not that, else null.
const char* decode_base64(std::string_view text, std::string& out);

}  // namespace tensorgate::serving
