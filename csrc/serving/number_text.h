#pragma once

#include <cstddef>
#include <cstdint>

namespace tensorgate::serving {

// Numbers as JSON has them, and NaN, Infinity and -Infinity, which TensorFlow Serving and Python read: the shortest
// text that a reader gets the same number from, and a point or an exponent where it is a float's. Each writes to `out`
// and returns where the text ends; up to kMaxNumberText bytes from `out` on may be written to.
inline constexpr std::size_t kMaxNumberText = 40;

char* write_number(char* out, std::uint64_t number);
char* write_number(char* out, std::int64_t number);
// Read as a float64, then rounded, it is the same float32 still.
char* write_number(char* out, float number);
char* write_number(char* out, double number);

}  // namespace tensorgate::serving
