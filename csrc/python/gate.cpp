#include "python/gate.h"

namespace tensorgate::python {

bool object_matches(PyObject* value, const TensorPlan& plan, std::int64_t* bindings) {
  // What runs below may drop the last reference that a batch holds.
  const auto owned = py::reinterpret_borrow<py::object>(value);
  Description description;
  describe(owned, description);
  if (description.refusal || description.rank < 0 || !matches(plan, description.view(), bindings)) return false;
  return description.dtype != DType::string || !find_string_fault(owned);
}

void inspect_value(py::handle value, std::size_t input, const TensorSpec& spec, const std::string& path,
                   Inspection& inspection, Violations& out) {
  Description description;
  describe(value, description);
  if (description.refusal) {
    const Refusal& refusal = *description.refusal;
    out.add({.path = path, .code = refusal.code, .expected = text(spec), .got = refusal.got, .hint = refusal.hint});
  }
  if (description.rank < 0) return;
  const bool dtype_refused = description.refusal && description.refusal->code == ViolationCode::dtype;
  if (dtype_refused) description.dtype = spec.dtype;  // said above: only the shape is left to look at
  inspection.tensor(input, spec, path, description.view(),
                    description.dtype == spec.dtype ? "" : dtype_text(value, description));
  if (description.refusal || description.dtype != DType::string || spec.dtype != DType::string) return;
  if (const auto fault = find_string_fault(value)) {
    out.add({.path = path,
             .code = fault->code,
             .expected = "string",
             .got = fault->got,
             .hint = fault->code == ViolationCode::dtype
                         ? std::optional<std::string>("each element must be str or bytes")
                         : std::nullopt,
             .index = fault->index,
             .count = fault->count});
  }
}

}  // namespace tensorgate::python
