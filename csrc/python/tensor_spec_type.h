#pragma once

#include <pybind11/pybind11.h>

#include "core/tensor_spec.h"

namespace tensorgate::python {

// tensorgate.TensorSpec: a raw CPython type, because a pybind11 method costs twelve times a METH_O one.
pybind11::object make_tensor_spec_type();

bool is_tensor_spec(pybind11::handle object);
const TensorSpec& tensor_spec_of(pybind11::handle object);
pybind11::object new_tensor_spec(TensorSpec spec);

}  // namespace tensorgate::python
