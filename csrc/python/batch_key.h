#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

namespace tensorgate::python {

// A hash, of this process, of what a tf.function without an input signature tells its traces apart by. For NumPy
// arrays in dicts no Python call and no allocation. Throws TypeError, with the place, for what it keeps by identity.
std::uint64_t batch_key(PyObject* batch);

}  // namespace tensorgate::python
