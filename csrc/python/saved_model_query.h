#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "serving/saved_model.h"

namespace tensorgate::python {

namespace py = pybind11;

// The arguments that name a SavedModel. `version` and `tags` may be None and null for the defaults.
serving::SavedModelQuery saved_model_query(py::handle path, py::handle version, py::handle tags);

// A sequence of str, and no lone str; null is an empty one.
std::vector<std::string> strings_argument(py::handle value, const char* what);

}  // namespace tensorgate::python
