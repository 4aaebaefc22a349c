#pragma once

#include <pybind11/pybind11.h>

namespace tensorgate::python {

// A DLPack capsule that owns a copy of a NumPy array's elements, row-major and aligned to 64 bytes; None where the
// object is no plain array of numbers in native byte order, or TensorFlow reads no such dtype from DLPack.
//
// TensorFlow takes such memory for a tensor's own. An array's memory it would share, so that a later write to the array
// changed the tensor, and end the process where that is not aligned.
pybind11::object dlpack_copy(pybind11::handle array);

}  // namespace tensorgate::python
