#pragma once

#include <pybind11/pybind11.h>

#include "core/nest.h"

namespace tensorgate::python {

namespace py = pybind11;

// Specs in mappings, lists, tuples, named tuples and dataclasses, or a lone spec. Throws TypeError or ValueError with
// the place where something else stands; `what` is what the place begins with.
Nest nest_argument(py::handle value, const char* what);

// The nest as users read it back. Mappings come as dicts, or as read-only views of them.
py::object nest_object(const Nest& nest, bool read_only);

// The names of the fields of a named tuple or of a dataclass's object, in their order; null of anything else.
py::object field_names(py::handle value);

}  // namespace tensorgate::python
