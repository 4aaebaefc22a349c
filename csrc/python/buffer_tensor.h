#pragma once

#include "python/description.h"

namespace tensorgate::python {

// Anything with the buffer protocol: array.array, memoryview, ctypes, bytes (a vector of uint8).
void describe_buffer(py::handle object, Description& out);

}  // namespace tensorgate::python
