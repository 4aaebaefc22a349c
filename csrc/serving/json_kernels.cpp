#include "serving/json_kernels.h"

namespace tensorgate::serving {

const JsonKernels& json_kernels() {
#if defined(__x86_64__)
  // This asks the processor, and whether the operating system saves the registers.
  static const bool has_avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  if (has_avx2) return kAvx2JsonKernels;
#endif
  return kScalarJsonKernels;
}

}  // namespace tensorgate::serving
