#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "python/batch.h"
#include "python/signature_type.h"
#include "serving/tensor_gate.h"

namespace tensorgate::python {

namespace py = pybind11;

// A contract as the wire has it: a flat dict of dense tensors by alias.
struct WireContract {
  py::object flat;  // a Signature whose inputs these are; null where it is the contract's own
  std::unique_ptr<const serving::TensorGate> gate;
  std::unique_ptr<const BatchGate> whole;  // of what is put together from these; null for a dict of dense tensors
};

enum class Side { inputs, outputs };

// Made when it is first asked for, and kept with the signature. Outputs that are not known are a ValueError.
const WireContract& wire_contract_of(py::handle signature, Side side);

// The parts of `flat`, or of the signature itself.
SignatureParts flat_parts(py::handle signature, Side side);

// Throws ValidationError, as of the outputs, for what is not as the contract says of them.
void check_outputs(py::handle signature, py::handle outputs);

// Arrays by alias as the contract has them, which may be a nest, held against what it says of the whole.
py::object whole_batch(py::handle signature, const py::dict& flat, Side side, Violations& out);

}  // namespace tensorgate::python
