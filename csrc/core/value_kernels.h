#pragma once

#include <cstddef>
#include <cstdint>

namespace tensorgate {

// Codes x, of a lane's width, for which x - offset (it wraps) is at most both tops: one as unsigned, one as signed
// numbers. That holds any interval of unsigned integers, of signed ones, and of IEEE's floats, whose negative numbers
// lie above the positive ones as unsigned and fall as they should rise; NaN is always outside.
struct Arc {
  std::uint64_t offset;
  std::uint64_t unsigned_top;
  std::int64_t signed_top;
};

// Arcs that differ from lane to lane: arrays of the lane's width.
struct Arcs {
  const std::byte* offsets;
  const std::byte* unsigned_tops;
  const std::byte* signed_tops;
};

// What one instruction set does with lanes of 1, 2, 4 and 8 bytes. Memory need not be aligned. Each lane is loaded
// before it is judged, so memory that changes meanwhile gives some verdict and nothing worse.
struct ValueKernels {
  static constexpr std::size_t kWidths = 4;

  const char* name;
  bool (*within[kWidths])(const void* data, std::size_t count, const Arc& arc) noexcept;
  bool (*within_each[kWidths])(const void* data, std::size_t count, const Arcs& arcs) noexcept;
  // True where each lane is one of the codes.
  bool (*among[kWidths])(const void* data, std::size_t count, const std::uint64_t* codes,
                         std::size_t code_count) noexcept;
};

extern const ValueKernels kScalarKernels;
extern const ValueKernels kAvx2Kernels;
extern const ValueKernels kAvx512Kernels;
extern const ValueKernels kNeonKernels;

// The kernels that this machine can run, fastest first; nullptr ends them.
const ValueKernels* const* usable_kernels();

}  // namespace tensorgate
