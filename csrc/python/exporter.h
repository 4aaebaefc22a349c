#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

namespace tensorgate::python {

// How an object of some type shows its tensor.
enum class Exporter : std::uint8_t {
  numpy_array,
  numpy_scalar,
  python_value,  // list, tuple, int, str, None ...: what check refuses and a conversion must come first
  eager_tensor,
  tf_variable,
  symbolic_tensor,  // tf.Tensor of a graph, KerasTensor: has no value yet
  keras_variable,
  ragged_tensor,  // tf.RaggedTensor and its value in TensorFlow 1
  sparse_tensor,
  indexed_slices,
  buffer,
  dlpack,
  array_like,  // has __array__ alone
  unknown,
};

// Remembers the answer for recently seen types. TensorFlow is recognised by its classes' names, never imported.
Exporter exporter_of(pybind11::handle object);

}  // namespace tensorgate::python
