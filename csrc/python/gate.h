#pragma once

#include <pybind11/pybind11.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/inspection.h"
#include "core/plan.h"
#include "python/description.h"
#include "python/numpy_tensor.h"

namespace tensorgate::python {

class ValueWork;

// What one check carries from tensor to tensor, on the stack: the sizes of named dimensions.
class Bindings {
 public:
  // A contract with more named dimensions than this is checked without the hot path.
  static constexpr std::size_t kMax = 64;

  // The first few are set in a few wide stores: a loop over the count becomes a `rep stos`, which takes longer than
  // the rest of a check.
  explicit Bindings(std::size_t count, ValueWork* put_off = nullptr) : put_off_(put_off) {
    constexpr std::size_t kFew = 8;
    std::fill_n(sizes_.begin(), kFew, kUnbound);
    if (count > kFew) [[unlikely]] {
      std::fill_n(sizes_.begin() + kFew, count - kFew, kUnbound);
    }
  }

  std::int64_t* data() { return sizes_.data(); }
  // Where scans of elements go instead of being made at once; null: nowhere.
  ValueWork* put_off() const { return put_off_; }

 private:
  std::array<std::int64_t, kMax> sizes_;
  ValueWork* put_off_;
};

// As value_matches for any object but a plain NumPy array of a plain dtype.
bool object_matches(PyObject* value, const TensorPlan& plan, Bindings& bindings);

// The elements of a plain array whose shape matches.
bool array_elements_match(PyArrayObject* array, const TensorPlan& plan, Bindings& bindings);

// True for an array whose struct alone says that its dtype is the plan's.
inline bool is_plain_array(PyObject* value, const TensorPlan& plan) {
  if (Py_TYPE(value) != &PyArray_Type) return false;
  const PyArray_Descr* descr = PyArray_DESCR(reinterpret_cast<PyArrayObject*>(value));
  const auto number = static_cast<std::size_t>(descr->type_num);
  return number < kDTypeOfTypeNumber.size() && kDTypeOfTypeNumber[number] == plan.dtype &&
         PyArray_ISNBO(descr->byteorder);
}

inline bool plain_array_matches(PyArrayObject* array, const TensorPlan& plan, Bindings& bindings) {
  if (plan.rank != PyArray_NDIM(array) && plan.rank >= 0) return false;
  if (!shape_matches(plan, PyArray_DIMS(array), bindings.data())) return false;
  return plan.elements == nullptr || array_elements_match(array, plan, bindings);
}

// The hot path: no Python call, no allocation, nothing but the array's struct is read.
inline bool value_matches(PyObject* value, const TensorPlan& plan, Bindings& bindings) {
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

// Marks the rows of a tensor, whose dtype and shape are right, that hold an element which breaks a rule.
void mark_rows(py::handle value, const TensorPlan& plan, RowMarks rows);

}  // namespace tensorgate::python
