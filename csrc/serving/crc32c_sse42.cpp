#if defined(__x86_64__)

#include <nmmintrin.h>

#include <cstring>

#include "serving/crc32c.h"

namespace tensorgate::serving {

std::uint32_t crc32c_by_sse42(std::string_view bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  std::uint64_t crc = UINT32_MAX;
  for (; end - at >= 8; at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    crc = _mm_crc32_u64(crc, word);
  }
  auto last = static_cast<std::uint32_t>(crc);
  for (; at != end; ++at) last = _mm_crc32_u8(last, static_cast<std::uint8_t>(*at));
  return ~last;
}

}  // namespace tensorgate::serving

#endif
