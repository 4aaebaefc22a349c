#pragma once

#include <cstdint>
#include <string_view>

namespace tensorgate::serving {

// CRC-32C (Castagnoli), the checksum of TFRecords, RFC 3720 appendix B.4: by the processor's own instruction where it
// has one.
std::uint32_t crc32c(std::string_view bytes);

// The same on any machine.
std::uint32_t crc32c_by_table(std::string_view bytes);

// Only where the processor has SSE 4.2.
std::uint32_t crc32c_by_sse42(std::string_view bytes);

// As a TFRecord holds it: checksums of data that holds checksums are weak.
inline std::uint32_t masked_crc32c(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return (crc >> 15 | crc << 17) + 0xA282EAD8;
}

}  // namespace tensorgate::serving
