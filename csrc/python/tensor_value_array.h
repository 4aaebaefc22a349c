#pragma once

#include <pybind11/pybind11.h>

#include "core/tensor_spec.h"

namespace tensorgate::python {

namespace py = pybind11;

// Values as the user writes them, an array or Python values, into what a contract keeps; `what` names the argument.
// Throws TypeError or ValueError where they are not the dtype's.
TensorValue value_argument(py::handle value, DType dtype, const char* what);

// A default as the user writes it, an array or Python values, into what the spec keeps. Throws TypeError or ValueError
// where it is not a tensor of the spec.
TensorValue default_argument(py::handle value, const TensorSpec& spec);

// The NumPy dtype that TensorFlow shows a dtype as; needs ml_dtypes for those that NumPy does not have.
py::object numpy_dtype(DType dtype);

// A read-only NumPy array of the value; needs ml_dtypes for the dtypes that NumPy does not have.
py::object to_array(const TensorValue& value);

// The value as an expression that evaluates: nested lists of Python scalars.
std::string value_repr(const TensorValue& value);

}  // namespace tensorgate::python
