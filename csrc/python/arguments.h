#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/dtype.h"
#include "core/shape.h"

namespace tensorgate::python {

namespace py = pybind11;

// What users pass where a contract is written. Each throws TypeError or ValueError that says what was expected.

// A name, a NumPy dtype or scalar type, an ml_dtypes type or a tf.DType.
DType dtype_argument(py::handle value);

// None (unknown rank), or a sequence of ints, None and names; a tf.TensorShape.
Shape shape_argument(py::handle value);

// A str that UTF-8 can hold; `what` names it in the error.
std::string string_argument(py::handle value, const char* what);

}  // namespace tensorgate::python
