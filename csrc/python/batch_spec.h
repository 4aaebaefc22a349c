#pragma once

#include <pybind11/pybind11.h>

namespace tensorgate::python {

// What batch_key is a hash of, as a hashable object: nested tuples of a container's kind and its parts, a tensor's
// spec, a Python value itself.
pybind11::object batch_spec(PyObject* batch);

}  // namespace tensorgate::python
