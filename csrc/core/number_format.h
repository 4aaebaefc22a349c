#pragma once

#include <cstddef>
#include <cstdint>

#include "core/dtype.h"

namespace tensorgate {

// How the numbers of a dtype lie in memory. Rules judge numbers by their bits: so every dtype has the same few lines,
// and the verdict does not hang on the processor's mode for subnormals. A complex number is two of these.
class NumberFormat {
 public:
  // Takes any dtype but string, resource and variant.
  explicit NumberFormat(DType dtype);

  std::size_t bytes() const { return bytes_; }

  bool is_nan(std::uint64_t code) const {
    return nan_at_minus_zero_ ? code == sign_ : encoding_ == Encoding::sign_magnitude && magnitude(code) > largest_;
  }
  bool is_finite(std::uint64_t code) const {
    return encoding_ != Encoding::sign_magnitude || (!is_nan(code) && magnitude(code) <= largest_finite_);
  }

  // The place of a number, which must not be NaN, among all numbers of the dtype: higher for a greater number, the same
  // for equal ones (-0.0 and 0.0, all true bools). Neighbours are one apart.
  std::int64_t order(std::uint64_t code) const;
  std::int64_t lowest() const { return lowest_; }
  std::int64_t highest() const { return highest_; }
  std::int64_t lowest_finite() const;
  std::int64_t highest_finite() const;

  // True where the order of codes is that of unsigned or signed integers, or of IEEE's floats: all of their bits count,
  // and NaN lies above infinity in magnitude.
  bool is_plain() const { return is_plain_; }
  bool is_unsigned() const { return encoding_ == Encoding::unsigned_integer; }
  bool is_sign_magnitude() const { return encoding_ == Encoding::sign_magnitude; }
  // The code of the number at that place, for a plain format; of both zeros the positive one.
  std::uint64_t code(std::int64_t order) const;
  std::uint64_t sign() const { return sign_; }

 private:
  enum class Encoding : std::uint8_t { boolean, unsigned_integer, signed_integer, sign_magnitude };

  std::uint64_t magnitude(std::uint64_t code) const { return code & mask_ & ~sign_; }

  std::size_t bytes_;
  Encoding encoding_;
  bool nan_at_minus_zero_ = false;
  bool is_plain_;
  std::uint64_t mask_;                // the bits that count
  std::uint64_t sign_;                // the highest of them
  std::uint64_t largest_finite_ = 0;  // of the magnitudes of a float
  std::uint64_t largest_ = 0;         // infinity's, where the dtype has one
  std::int64_t lowest_;
  std::int64_t highest_;
};

// Reads 1, 2, 4 or 8 bytes.
std::uint64_t load_code(const std::byte* from, std::size_t bytes);

}  // namespace tensorgate
