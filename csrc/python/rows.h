#pragma once

#include <pybind11/pybind11.h>

#include "core/signature.h"
#include "python/batch.h"

namespace tensorgate::python {

// The faults of a batch that no row owns, told; and which rows own one.
struct RowReport {
  Violations violations;
  py::object bad;  // an array of bool, one a row; null where there are violations
};

// The number of rows of a tensor along its first axis, or -1: that of a ragged or sparse one is in one of its parts.
std::int64_t row_count(py::handle tensor, const TensorSpec& spec);

RowReport bad_rows(const BatchGate& gate, const Signature& signature, py::handle batch);

}  // namespace tensorgate::python
