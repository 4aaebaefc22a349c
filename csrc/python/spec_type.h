#pragma once

#include <pybind11/pybind11.h>

#include "core/tensor_spec.h"

namespace tensorgate::python {

// tensorgate.TensorSpec, RaggedTensorSpec and SparseTensorSpec: raw CPython types, because a pybind11 method costs
// twelve times a METH_O one.
pybind11::object make_tensor_spec_type();
pybind11::object make_ragged_tensor_spec_type();
pybind11::object make_sparse_tensor_spec_type();

// The spec that an object of any of the types is; null for any other object.
const TensorSpec* spec_of(pybind11::handle object);

// The object of the type that the spec's encoding asks for.
pybind11::object spec_object(TensorSpec spec);

}  // namespace tensorgate::python
