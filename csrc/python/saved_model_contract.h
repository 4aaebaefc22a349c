#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "serving/saved_model.h"

namespace tensorgate::python {

namespace py = pybind11;

// The signatures of a SavedModel as tensorgate.Signature. Where the model brings its contract along, in
// assets.extra/tensorgate.json, that is read by tensorgate.serving.contract_file and held against saved_model.pb.
py::dict read_signatures(const serving::SavedModelQuery& query);
py::object read_signature(const serving::SavedModelQuery& query, const std::string& signature);

}  // namespace tensorgate::python
