#pragma once

#include "core/dtype.h"

namespace tensorgate::serving {

// A floating dtype of 16 bits or fewer, as NumPy and ml_dtypes make it of a Python float.
class NarrowFloat {
 public:
  // Of float16, bfloat16, or a dtype of 8 or 4 bits; for any other dtype it is of no use.
  explicit NarrowFloat(DType dtype);

  static constexpr int kNone = -1;

  // The nearest number's code, ties to even; kNone where it overflows, or the dtype has no such value.
  int code(double value) const;

 private:
  int mantissa_bits_;
  int bias_;     // of the exponent
  int largest_;  // of the finite codes
  int infinity_;
  int nan_;
  int sign_;
  bool by_float32_;  // rounded to float32 first
};

}  // namespace tensorgate::serving
