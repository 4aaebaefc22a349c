#pragma once

#include "python/description.h"

namespace tensorgate::python {

// Anything with __dlpack__: PyTorch, JAX, CuPy. Device tensors too: only metadata is read.
void describe_dlpack(py::handle object, Description& out);

}  // namespace tensorgate::python
