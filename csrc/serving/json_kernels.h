#pragma once

#include <cstddef>
#include <cstdint>

#include "serving/narrow_float.h"

namespace tensorgate::serving {

// Numbers on their way from the innermost lists of a nested list into memory.
struct NumberRun {
  // The text; `at` is where it is read.
  const char* begin;
  const char* at;
  const char* end;

  // Where the numbers go, with the beginning of those of this list.
  std::byte* list;
  std::byte* out;
  std::byte* out_end;

  // Of a whole list; 0 while none has ended, or where there is no list.
  std::size_t list_bytes;
  // How many lists ended on the way; their numbers follow one another.
  std::int64_t lists;
  // Where the run ended: behind a number, or before what should be one.
  bool behind_number;

  // Of integers: what the dtype holds, and the bits of it that count.
  std::uint64_t largest;
  std::uint64_t least_magnitude;
  std::uint64_t mask;

  NarrowFloat narrow;
};

// What one instruction set does: reads numbers for as long as they are plain and their lists alike, and leaves all
// else where it stands. It never reads beyond the text.
struct JsonKernels {
  static constexpr std::size_t kWidths = 4;

  const char* name;
  void (*float32)(NumberRun& run);
  void (*float64)(NumberRun& run);
  void (*narrow[2])(NumberRun& run);          // of 1 and 2 bytes
  void (*integers[kWidths])(NumberRun& run);  // of 1, 2, 4 and 8 bytes
};

extern const JsonKernels kScalarJsonKernels;
extern const JsonKernels kAvx2JsonKernels;

// The fastest that this machine can run.
const JsonKernels& json_kernels();

}  // namespace tensorgate::serving
