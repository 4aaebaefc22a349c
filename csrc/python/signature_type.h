#pragma once

#include <pybind11/pybind11.h>

#include "core/signature.h"

namespace tensorgate::python {

// tensorgate.Signature: a raw CPython type like TensorSpec, for the same reason.
pybind11::object make_signature_type();

pybind11::object new_signature(Signature signature);

}  // namespace tensorgate::python
