#include "serving/crc32c.h"

#include <array>
#include <cstddef>

namespace tensorgate::serving {
namespace {

// kTables[i][byte] is what a byte that i others follow does to the checksum.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  constexpr std::uint32_t kReversedPolynomial = 0x82F63B78;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kReversedPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t i = 1; i < tables.size(); ++i) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[i - 1][byte];
      tables[i][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint32_t crc32c_by_table(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  std::uint32_t crc = UINT32_MAX;
  for (; bytes.size() >= kTables.size(); bytes.remove_prefix(kTables.size())) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < kTables.size(); ++i) {
      const std::uint32_t passed = i < sizeof(crc) ? crc >> (8 * i) & 0xFF : 0;
      next ^= kTables[kTables.size() - 1 - i][passed ^ byte(i)];
    }
    crc = next;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) crc = crc >> 8 ^ kTables[0][(crc ^ byte(i)) & 0xFF];
  return ~crc;
}

std::uint32_t crc32c(std::string_view bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_by_sse42(bytes);
#endif
  return crc32c_by_table(bytes);
}

}  // namespace tensorgate::serving
