#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <string>

#include "core/signature.h"

namespace tensorgate::python {

// tensorgate.Signature: a raw CPython type like TensorSpec, for the same reason.
pybind11::object make_signature_type();

pybind11::object new_signature(Signature signature);

class BatchGate;
class Collator;
struct WireContract;
enum class Side;

// What a tensorgate.Signature holds; null for any other object.
struct SignatureParts {
  const Signature* signature;
  const BatchGate* gate;
};
std::optional<SignatureParts> signature_parts(pybind11::handle object);
// The same of an argument that a caller gives as `sig`: throws TypeError for any other object.
SignatureParts signature_argument(pybind11::handle object);

// Made when it is first asked for, and kept with the signature.
const Collator& collator_of(pybind11::handle signature, bool padded);

// Where what the signature is on the wire is kept with it; null until it is first asked for.
std::unique_ptr<const WireContract>& wire_contract_slot(pybind11::handle signature, Side side);

// "signature 'serving_default' (models/ranker/3)", as errors begin.
std::string subject(const Signature& signature);

}  // namespace tensorgate::python
