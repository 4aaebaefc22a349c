#include "python/wire_contract.h"

#include <algorithm>

#include "python/errors.h"

namespace tensorgate::python {
namespace {

bool is_flat(const Nest& nest) {
  return nest.kind == Nest::Kind::dict &&
         std::all_of(nest.children.begin(), nest.children.end(), [](const auto& child) {
           return child.second.kind == Nest::Kind::tensor && child.second.tensor.encoding == Encoding::dense;
         });
}

}  // namespace

const WireContract& wire_contract_of(py::handle signature, Side side) {
  if (const auto& slot = wire_contract_slot(signature, side)) return *slot;
  auto made = std::make_unique<WireContract>();
  const Signature& contract = *signature_parts(signature)->signature;
  const Nest* const nest = side == Side::inputs ? &contract.inputs : contract.outputs ? &*contract.outputs : nullptr;
  if (nest != nullptr && !is_flat(*nest)) made->whole = std::make_unique<const BatchGate>(*nest);
  if (side == Side::outputs || made->whole) {
    const char* function = side == Side::inputs ? "wire_signature" : "response_signature";
    made->flat = py::module_::import("tensorgate.serving.wire_contract").attr(function)(signature);
  }
  const py::handle flat = made->flat ? py::handle(made->flat) : signature;
  made->gate = std::make_unique<const serving::TensorGate>(signature_parts(flat)->signature->inputs);
  auto& slot = wire_contract_slot(signature, side);
  // Making it may have run code that came here as well, and has the first one in its hands.
  if (!slot) slot = std::move(made);
  return *slot;
}

SignatureParts flat_parts(py::handle signature, Side side) {
  const WireContract& contract = wire_contract_of(signature, side);
  return *signature_parts(contract.flat ? py::handle(contract.flat) : signature);
}

void check_outputs(py::handle signature, py::handle outputs) {
  const WireContract& wire = wire_contract_of(signature, Side::outputs);
  const BatchGate& gate = wire.whole ? *wire.whole : *flat_parts(signature, Side::outputs).gate;
  if (gate.judge(outputs.ptr()) == BatchGate::Verdict::accepted) return;
  const Signature& contract = *signature_parts(signature)->signature;
  Violations found(kMaxKeptViolations);
  gate.inspect(outputs, *contract.outputs, found, true, "outputs");
  if (!found.empty()) throw_validation_error("the outputs of " + subject(contract), found);
}

py::object whole_batch(py::handle signature, const py::dict& flat, Side side, Violations& out) {
  const BatchGate* gate = wire_contract_of(signature, side).whole.get();
  if (gate == nullptr) return flat;
  const bool is_inputs = side == Side::inputs;
  const char* root = is_inputs ? "inputs" : "outputs";
  const py::object assemble = py::module_::import("tensorgate.serving.wire_contract").attr("assembled");
  py::object batch = assemble(signature.attr(root), flat, py::arg("outputs") = !is_inputs);
  if (gate->judge(batch.ptr()) != BatchGate::Verdict::accepted) {
    const Signature& contract = *signature_parts(signature)->signature;
    gate->inspect(batch, is_inputs ? contract.inputs : *contract.outputs, out, true, root);
  }
  return batch;
}

}  // namespace tensorgate::python
