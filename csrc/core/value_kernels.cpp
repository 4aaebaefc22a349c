#include "core/value_kernels.h"

namespace tensorgate {

#if defined(__x86_64__)

const ValueKernels* const* usable_kernels() {
  static constexpr const ValueKernels* kAll[] = {&kAvx512Kernels, &kAvx2Kernels, &kScalarKernels, nullptr};
  // These ask the processor, and whether the operating system saves the registers.
  static const int first = __builtin_cpu_supports("avx512bw") ? 0 : __builtin_cpu_supports("avx2") ? 1 : 2;
  return kAll + first;
}

#elif defined(__aarch64__)

const ValueKernels* const* usable_kernels() {
  static constexpr const ValueKernels* kAll[] = {&kNeonKernels, &kScalarKernels, nullptr};
  return kAll;
}

#else

const ValueKernels* const* usable_kernels() {
  static constexpr const ValueKernels* kAll[] = {&kScalarKernels, nullptr};
  return kAll;
}

#endif

}  // namespace tensorgate
