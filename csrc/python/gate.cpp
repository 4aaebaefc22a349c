#include "python/gate.h"

#include <algorithm>

#include "python/dlpack_tensor.h"
#include "python/exporter.h"
#include "python/tensor_memory.h"
#include "python/tensor_strings.h"
#include "python/value_work.h"

namespace tensorgate::python {
namespace {

// From this size on others may run Python meanwhile: letting them costs less than a scan.
constexpr std::size_t kReleaseBytes = std::size_t{1} << 20;
// Below this size putting a scan off costs more than others gain by it.
constexpr std::size_t kPutOffBytes = std::size_t{1} << 16;

// What a look at the elements gives, made without the GIL where there are many.
template <class Look>
auto looked_at(const TensorMemory& memory, const Look& look) {
  if (memory.bytes() < kReleaseBytes) return look(memory.tensor());
  const py::gil_scoped_release released;
  return look(memory.tensor());
}

bool object_elements_match(const py::object& value, const Description& description, const TensorPlan& plan,
                           Bindings& bindings) {
  TensorMemory memory(value, description);
  if (memory.refusal()) return false;
  if (bindings.put_off() != nullptr && bindings.put_off()->has_room() && memory.bytes() >= kPutOffBytes) {
    bindings.put_off()->add(*plan.elements->scan, std::move(memory));
    return true;
  }
  return looked_at(memory, [&](const StridedTensor& tensor) { return plan.elements->scan->passes(tensor); });
}

void add_refusal(const Refusal& refusal, const TensorSpec& spec, const std::string& path, Violations& out) {
  out.add({.path = path, .code = refusal.code, .expected = text(spec), .got = refusal.got, .hint = refusal.hint});
}

void inspect_strings(py::handle value, const TensorSpec& spec, const std::string& path, Violations& out) {
  for (StringFault& fault : find_string_faults(value, spec.rules.any() ? &spec.rules : nullptr)) {
    const bool is_type = fault.code == ViolationCode::dtype;
    out.add({.path = path,
             .code = fault.code,
             .expected = is_type ? "string" : expected_text(spec.rules, fault.code, spec.dtype, fault.index),
             .got = std::move(fault.got),
             .hint = is_type ? std::optional<std::string>("each element must be str or bytes") : std::nullopt,
             .index = std::move(fault.index),
             .count = fault.count});
  }
}

void inspect_numbers(py::handle value, const Description& description, std::size_t tensor, const TensorSpec& spec,
                     const std::string& path, Inspection& inspection) {
  const TensorMemory memory(value, description);
  if (memory.refusal()) return add_refusal(*memory.refusal(), spec, path, inspection.out());
  const ValueScan& scan = *inspection.plan_of(tensor).elements->scan;
  const auto findings = looked_at(memory, [&](const StridedTensor& elements) { return scan.findings(elements); });
  inspection.values(spec, path, memory.tensor().dims, findings);
}

// True where the fixed dimensions are the tensor's, against which its bounds broadcast.
bool has_fixed_dims(const Plan& plan, std::size_t tensor, const TensorView& view) {
  const TensorPlan& wanted = plan.tensors()[tensor];
  if (wanted.rank >= 0 && wanted.rank != static_cast<std::int32_t>(view.dims.size())) return false;
  return std::all_of(wanted.dims.begin(), wanted.dims.end(), [&](const DimPlan& dim) {
    const std::int64_t size = plan.sizes()[dim.slot];
    return size == kUnbound || size == view.dims[dim.axis];
  });
}

// True for an array of the plan's dtype; the next one is expected to have the same descr.
bool learn_descr(PyObject* value, const ArrayPlan& plan) {
  if (Py_TYPE(value) != &PyArray_Type) return false;
  PyArray_Descr* descr = PyArray_DESCR(reinterpret_cast<PyArrayObject*>(value));
  // Strings are looked at one by one, structured dtypes are as many as there are arrays, and metadata may hold
  // anything.
  if (plan.dtype == DType::string || descr->type_num == NPY_VOID || PyDataType_METADATA(descr) != nullptr) return false;
  if (dtype_of_descr(descr) != plan.dtype || !PyArray_ISNBO(descr->byteorder)) return false;
  plan.descr = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(descr));
  return true;
}

}  // namespace

void Bindings::copy_all(std::span<const std::int64_t> sizes) {
  if (sizes.size() > stack_.size()) {
    heap_ = std::make_unique_for_overwrite<std::int64_t[]>(sizes.size());
    sizes_ = heap_.get();
  }
  std::copy(sizes.begin(), sizes.end(), sizes_);
}

bool array_elements_match(PyArrayObject* array, const TensorPlan& plan, Bindings& bindings) {
  const auto size = static_cast<std::size_t>(PyArray_NBYTES(array));
  if (size < (bindings.put_off() == nullptr ? kReleaseBytes : kPutOffBytes)) [[likely]] {
    return plan.elements->scan->passes(elements_of(array, plan.dtype));
  }
  Description description;
  const auto held = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(array));
  describe(held, description);
  return object_elements_match(held, description, plan, bindings);
}

bool object_matches(PyObject* value, const ArrayPlan& plan, Bindings& bindings) {
  if (plan.elements == nullptr && dlpack_matches(value, plan, bindings.data())) return true;
  // What runs below may drop the last reference that a batch holds.
  const auto owned = py::reinterpret_borrow<py::object>(value);
  if (learn_descr(value, plan)) {
    return plain_array_matches(reinterpret_cast<PyArrayObject*>(value), plan, bindings);
  }
  Description description;
  describe(owned, description);
  if (description.refusal || description.rank < 0 || !matches(plan, description.view(), bindings.data())) return false;
  if (description.dtype == DType::string) {
    return find_string_faults(owned, plan.elements == nullptr ? nullptr : &plan.elements->rules).empty();
  }
  return plan.elements == nullptr || object_elements_match(owned, description, plan, bindings);
}

void mark_rows(py::handle value, const Plan& plan, std::size_t tensor, RowMarks rows) {
  const TensorPlan& wanted = plan.tensors()[tensor];
  Description description;
  describe(value, description);
  // What an object's own code changed since it was looked at is not marked: it is not what was checked.
  if (description.refusal || description.rank < 1 || description.dims[0] != rows.count) return;
  if (description.dtype != wanted.dtype || !has_fixed_dims(plan, tensor, description.view())) return;
  if (description.dtype == DType::string) {
    return mark_string_rows(value, wanted.elements == nullptr ? nullptr : &wanted.elements->rules, rows.bad,
                            rows.count);
  }
  if (wanted.elements == nullptr) return;
  const TensorMemory memory(value, description);
  if (memory.refusal()) return;
  looked_at(memory, [&](const StridedTensor& elements) { wanted.elements->scan->mark_rows(elements, rows.bad); });
}

bool inspect_value(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                   Inspection& inspection, bool elements) {
  Violations& out = inspection.out();
  const std::size_t before = out.size();
  Description description;
  describe(value, description);
  if (description.refusal && spec.dtype == DType::string && exporter_of(value) == Exporter::python_value &&
      !value.is_none()) {
    description.refusal->hint = "put it into a NumPy array of dtype object";
  }
  if (description.refusal) add_refusal(*description.refusal, spec, path, out);
  if (description.rank < 0) return false;
  const bool dtype_refused = description.refusal && description.refusal->code == ViolationCode::dtype;
  if (dtype_refused) description.dtype = spec.dtype;  // said above: only the shape is left to look at
  const bool is_tensor = inspection.tensor(tensor, spec, path, description.view(),
                                           description.dtype == spec.dtype ? "" : dtype_text(value, description));
  if (!elements || description.refusal || description.dtype != spec.dtype) return out.size() == before;
  if (spec.dtype == DType::string) {
    inspect_strings(value, spec, path, out);
  } else if (spec.rules.any() && is_tensor) {
    inspect_numbers(value, description, tensor, spec, path, inspection);
  }
  return out.size() == before;
}

}  // namespace tensorgate::python
