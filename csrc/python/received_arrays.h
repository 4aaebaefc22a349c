#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/inspection.h"
#include "python/signature_type.h"

namespace tensorgate::python {

namespace py = pybind11;

// What came over the wire as arrays by name, and where on the wire each is.
struct ReceivedArrays {
  py::dict good;
  std::map<std::string, std::uint64_t> offsets;  // by path
  std::set<std::string> bad;                     // paths of what is no tensor by itself
  std::set<std::string> filled;                  // paths of defaults
  // The offset of an element of the tensor at a path, where that can be told.
  std::function<std::optional<std::uint64_t>(const std::string& path, const std::vector<std::int64_t>& index)> element;
};

// Puts defaults in the place of what is absent, and says all that the contract has against the arrays; not of those
// that are there and are no tensors.
void hold_against(ReceivedArrays& arrays, const SignatureParts& contract, const std::string& root, Violations& out);

}  // namespace tensorgate::python
