#include "core/value_kernel_loops.h"

namespace tensorgate {

constinit const ValueKernels kScalarKernels = kernels_of<OneLane>("scalar");

}  // namespace tensorgate
