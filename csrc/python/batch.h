#pragma once

#include <pybind11/pybind11.h>

#include <vector>

#include "core/inspection.h"
#include "core/plan.h"
#include "core/signature.h"

namespace tensorgate::python {

namespace py = pybind11;

// A signature made ready to meet batches: its names as Python strings beside the plan of its tensors.
class BatchGate {
 public:
  explicit BatchGate(const NamedSpecs& inputs);

  // The hot path: for NumPy arrays in a dict no Python call and no allocation. Unsure where only a slow look can tell,
  // as for a mapping that is no dict.
  enum class Verdict { accepted, refused, unsure };
  Verdict judge(PyObject* batch) const;

  // The slow look: adds everything that is wrong with the batch.
  void inspect(py::handle batch, const NamedSpecs& inputs, Violations& out) const;

 private:
  struct Input {
    PyObject* name;  // owned by names_
    TensorPlan plan;
    bool required;
  };

  // Null where no input has the name. The key is an exact str.
  const Input* find(std::size_t expected, PyObject* key) const;

  Plan plan_;
  std::vector<Input> inputs_;
  std::vector<py::str> names_;
  py::dict index_;  // name: position
  std::size_t required_ = 0;
};

}  // namespace tensorgate::python
