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

// None (unknown rank), or a sequence of ints, None, names and Dims; a tf.TensorShape.
Shape shape_argument(py::handle value);

// A size or a number of elements: an int from 0 to 2**63 - 1; `what` names it in the error.
std::int64_t size_argument(py::handle value, const std::string& what);

// The name of a dimension: a str that is not empty.
std::string dim_name_argument(py::handle value);

// A dimension as users read it back: an int, None, a name, or a Dim where it has rules.
py::object dim_object(const Dim& dim);

// A shape as users read it back: a tuple of dimensions, or None.
py::object shape_object(const Shape& shape);

// A str that UTF-8 can hold; `what` names it in the error.
std::string string_argument(py::handle value, const char* what);

}  // namespace tensorgate::python
