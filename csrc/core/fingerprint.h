#pragma once

#include <string>

#include "core/signature.h"

namespace tensorgate {

// 32 hexadecimal digits, the same in every process and on every machine: equal exactly where signatures are ==, but for
// a collision of 128 bits. docs/fingerprint.md has the encoding that is hashed, byte by byte. Whatever comes to take
// part in == of a signature needs a place in it, and a new version.
std::string fingerprint(const Signature& signature);

}  // namespace tensorgate
