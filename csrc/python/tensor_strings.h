#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/value_rules.h"
#include "core/violation.h"

namespace tensorgate::python {

namespace py = pybind11;

// Strings that TensorFlow can't hold, or that break a rule, of one kind: an element that is no str or bytes (dtype), a
// str that UTF-8 can't hold, bytes that are not UTF-8 or too long, or none of those that are allowed.
struct StringFault {
  ViolationCode code;
  std::string got;
  std::vector<std::int64_t> index;  // of the first
  std::int64_t count;
};

// Looks at each element of an object's strings, in whatever form they are. `rules` may be null.
std::vector<StringFault> find_string_faults(py::handle object, const ValueRules* rules);

// Sets bad[i] where row i along axis 0 holds a fault, for i below count.
void mark_string_rows(py::handle object, const ValueRules* rules, bool* bad, std::int64_t count);

}  // namespace tensorgate::python
