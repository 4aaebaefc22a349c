#pragma once

#include <pybind11/pybind11.h>

#include <optional>

#include "core/signature.h"

namespace tensorgate::python {

// tensorgate.Signature: a raw CPython type like TensorSpec, for the same reason.
pybind11::object make_signature_type();

pybind11::object new_signature(Signature signature);

class BatchGate;
class Collator;

// What a tensorgate.Signature holds; null for any other object.
struct SignatureParts {
  const Signature* signature;
  const BatchGate* gate;
};
std::optional<SignatureParts> signature_parts(pybind11::handle object);

// Made when it is first asked for, and kept with the signature.
const Collator& collator_of(pybind11::handle signature, bool padded);

}  // namespace tensorgate::python
