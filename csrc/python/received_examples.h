#pragma once

#include <pybind11/pybind11.h>

#include <span>

#include "core/inspection.h"
#include "serving/example_batch.h"

namespace tensorgate::python {

namespace py = pybind11;

// A batch of Examples, held against the signature's whole contract. Ragged and sparse inputs are dicts of their parts.
// Null, and violations, where something is wrong. Throws InvalidInput where Examples can't hold such inputs.
//
// The caller keeps the bytes; where there are many, others may run Python meanwhile.
py::object received_examples(py::handle signature, std::span<const serving::ExampleBytes> examples,
                             std::span<const serving::ExampleBytes> context, const serving::Limits& limits,
                             Violations& out);

}  // namespace tensorgate::python
