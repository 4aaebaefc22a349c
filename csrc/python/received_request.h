#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/inspection.h"
#include "serving/limits.h"
#include "serving/model_spec.h"

namespace tensorgate::python {

namespace py = pybind11;

// Throws TypeError where `signatures` is neither a Signature nor a mapping, or `model` neither a str nor None. Comes
// before the bytes are read, so that a wrong argument is told whatever they are.
void require_contract_arguments(py::handle signatures, py::handle model);

// The contract that a request means: `signatures` is one Signature or a mapping of them by name. Null, and a violation,
// where it names another model than `model` (None takes any), or a signature that is not there. Throws TypeError where
// what the mapping holds is no Signature.
py::object chosen_signature(py::handle signatures, const serving::ModelSpec& spec, py::handle model, Violations& out);

// The contract of that name alone; null, and a violation at `path`, where there is none.
py::object named_signature(py::handle signatures, const std::string& path, std::string_view name, Violations& out);

// As chosen_signature where nothing is wrong and nothing has to be said of it; null where that is not plain. Quick.
py::handle plainly_chosen_signature(py::handle signatures, const serving::ModelSpec& spec, py::handle model);

// The violation of a name that none of the known ones is, with the one that may have been meant.
Violation unknown_name(const std::string& path, ViolationCode code, std::string_view name,
                       const std::vector<std::string>& known, const NameLimits& limits);

// The model's name ('' where it has none), its version and its label, each None where it names none.
py::tuple requested_model(const serving::ModelSpec& spec);

// A tensorgate.serving.ModelSpec; None where the message has none.
py::object model_spec_object(const serving::ModelSpec& spec);

}  // namespace tensorgate::python
