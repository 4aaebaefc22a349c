#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/inspection.h"
#include "python/gate.h"

namespace tensorgate::python {

// Ragged and sparse tensors, as TensorFlow's objects or by their parts: a mapping with the parts' names, or a tuple of
// them in TensorFlow's order (values, row_splits; indices, values, dense_shape). Adds everything that is wrong,
// among it what TensorFlow takes for granted: that row_splits start at 0, never fall and end at the number of values;
// that indices lie within dense_shape, in row-major order and each once.
//
// With `rows`, what is wrong with elements and with the lengths of rows is marked there and not told. Without
// `elements` it is neither.
void inspect_composite(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                       Inspection& inspection, bool elements = true, RowMarks* rows = nullptr);

// A tensor of any encoding.
void inspect_leaf(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                  Inspection& inspection, bool elements = true);

// The number of rows, or -1 where the parts don't tell.
std::int64_t composite_rows(py::handle value, const TensorSpec& spec);

}  // namespace tensorgate::python
