#pragma once

#include <pybind11/pybind11.h>

#include "serving/decoded_tensor.h"

namespace tensorgate::python {

namespace py = pybind11;

// The dimensions that NumPy can hold.
std::size_t max_array_rank();

// A NumPy array of a tensor that came over the wire: where a view, of the memory of `owner`, which it keeps and can't
// write to; else of its own. Strings are an array of bytes objects. Needs ml_dtypes for dtypes that NumPy does not
// have (throws ModuleNotFoundError), and a rank that NumPy can hold.
py::object decoded_array(serving::DecodedTensor tensor, py::handle owner);

}  // namespace tensorgate::python
