#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/inspection.h"

namespace tensorgate::python {

// Ragged and sparse tensors, as TensorFlow's objects or by their parts: a mapping with the parts' names, or a tuple of
// them in TensorFlow's order (values, row_splits; indices, values, dense_shape). Adds everything that is wrong,
// among it what TensorFlow takes for granted: that row_splits start at 0, never fall and end at the number of values;
// that indices lie within dense_shape, in row-major order and each once.
void inspect_composite(pybind11::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                       Inspection& inspection, bool elements = true);

}  // namespace tensorgate::python
