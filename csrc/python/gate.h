#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

#include "core/inspection.h"
#include "core/plan.h"
#include "python/description.h"
#include "python/numpy_tensor.h"

namespace tensorgate::python {

// Named dimensions whose sizes a check keeps on the stack; a signature with more is checked without the hot path.
inline constexpr std::size_t kMaxStackSymbols = 32;

// As `matches` for any object but a plain NumPy array of a plain dtype.
bool object_matches(PyObject* value, const TensorPlan& plan, std::int64_t* bindings);

// The hot path: no Python call, no allocation, nothing but the array's struct is read.
inline bool value_matches(PyObject* value, const TensorPlan& plan, std::int64_t* bindings) {
  if (Py_TYPE(value) == &PyArray_Type) [[likely]] {
    auto* array = reinterpret_cast<PyArrayObject*>(value);
    const PyArray_Descr* descr = PyArray_DESCR(array);
    const auto number = static_cast<std::size_t>(descr->type_num);
    if (number < kDTypeOfTypeNumber.size() && kDTypeOfTypeNumber[number] == plan.dtype &&
        PyArray_ISNBO(descr->byteorder)) [[likely]] {
      return (plan.rank < 0 || plan.rank == PyArray_NDIM(array)) && shape_matches(plan, PyArray_DIMS(array), bindings);
    }
  }
  return object_matches(value, plan, bindings);
}

// The slow look at one object: adds everything that is wrong with it.
void inspect_value(py::handle value, std::size_t input, const TensorSpec& spec, const std::string& path,
                   Inspection& inspection, Violations& out);

}  // namespace tensorgate::python
