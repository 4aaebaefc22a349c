#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "core/inspection.h"
#include "core/plan.h"
#include "python/description.h"
#include "python/numpy_tensor.h"

namespace tensorgate::python {

class ValueWork;

// What one check carries from tensor to tensor: the sizes by slot, on the stack unless they are very many.
class Bindings {
 public:
  explicit Bindings(const Plan& plan, ValueWork* put_off = nullptr) : put_off_(put_off) {
    // A copy whose length is counted takes longer than the rest of a check.
    std::memcpy(stack_.data(), plan.sizes().data(), Plan::kFewSlots * sizeof(std::int64_t));
    if (plan.sizes().size() > Plan::kFewSlots) [[unlikely]]
      copy_all(plan.sizes());
  }
  Bindings(const Bindings&) = delete;
  Bindings& operator=(const Bindings&) = delete;

  std::int64_t* data() { return sizes_; }
  // Where scans of elements go instead of being made at once; null: nowhere.
  ValueWork* put_off() const { return put_off_; }

 private:
  void copy_all(std::span<const std::int64_t> sizes);

  std::array<std::int64_t, 256> stack_;
  std::unique_ptr<std::int64_t[]> heap_;
  std::int64_t* sizes_ = stack_.data();
  ValueWork* put_off_;
};

// A tensor's plan, and the descr that the last array of its dtype had: nearly all have the same one. The GIL guards it.
struct ArrayPlan : TensorPlan {
  explicit ArrayPlan(const TensorPlan& plan) : TensorPlan(plan) {}

  mutable py::object descr;
};

// As value_matches for any object but an array of the plan's descr.
bool object_matches(PyObject* value, const ArrayPlan& plan, Bindings& bindings);

// The elements of an array whose shape and descr match.
bool array_elements_match(PyArrayObject* array, const TensorPlan& plan, Bindings& bindings);

inline bool is_plain_array(PyObject* value, const ArrayPlan& plan) {
  return Py_TYPE(value) == array_type &&
         reinterpret_cast<PyObject*>(PyArray_DESCR(reinterpret_cast<PyArrayObject*>(value))) == plan.descr.ptr();
}

inline bool plain_array_matches(PyArrayObject* array, const TensorPlan& plan, Bindings& bindings) {
  if (plan.rank != PyArray_NDIM(array) && plan.rank >= 0) return false;
  if (!shape_matches(plan, PyArray_DIMS(array), bindings.data())) return false;
  return plan.elements == nullptr || array_elements_match(array, plan, bindings);
}

// The hot path: no Python call, no allocation, nothing but the array's struct is read.
inline bool value_matches(PyObject* value, const ArrayPlan& plan, Bindings& bindings) {
  if (is_plain_array(value, plan)) [[likely]]
    return plain_array_matches(reinterpret_cast<PyArrayObject*>(value), plan, bindings);
  return object_matches(value, plan, bindings);
}

// The slow look at one object: adds everything that is wrong with it. Only its metadata where `elements` is false.
// True where nothing is.
bool inspect_value(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                   Inspection& inspection, bool elements = true);

// Which rows along axis 0 are bad: bad[i] for i below count.
struct RowMarks {
  bool* bad;
  std::int64_t count;
};

// Marks the rows of a plan's tensor, whose dtype and shape are right, that hold an element which breaks a rule.
void mark_rows(py::handle value, const Plan& plan, std::size_t tensor, RowMarks rows);

}  // namespace tensorgate::python
