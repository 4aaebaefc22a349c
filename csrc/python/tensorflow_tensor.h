#pragma once

#include "core/tensor_spec.h"
#include "python/description.h"

namespace tensorgate::python {

// TensorFlow's own objects, asked through their Python methods: TensorFlow is never imported. Never through
// DLPack, which ends the process for string, resource and variant tensors.
void describe_eager_tensor(py::handle object, Description& out);
void describe_tf_variable(py::handle object, Description& out);

// An array that shares the memory of a tensor on the CPU, or of strings a copy; null for one on a device.
py::object array_of_eager_tensor(py::handle object);

// What is known of a tensor that has no value yet.
TensorSpec spec_of_symbolic_tensor(py::handle object);

}  // namespace tensorgate::python
