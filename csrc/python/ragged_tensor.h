#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/inspection.h"
#include "python/gate.h"

namespace tensorgate::python {

// The part of inspect_composite that is about ragged tensors.
void inspect_ragged(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                    Inspection& inspection, bool elements, RowMarks* rows);

}  // namespace tensorgate::python
