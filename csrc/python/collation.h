#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/signature.h"
#include "python/many_requests.h"

namespace tensorgate::python {

// The gates that requests meet before they become one batch: one for whole batches, one for single rows, which lack
// the batch axis.
class Collator {
 public:
  // With `padded`, a dimension that padding makes right may come in any size up to its maximum.
  Collator(const Signature& signature, bool padded);

 private:
  friend class Collation;

  struct Input {
    std::string path;
    TensorSpec spec;
    bool batched;
  };

  Nest batch_inputs_;
  Nest row_inputs_;
  BatchGate batch_gate_;
  BatchGate row_gate_;
  std::vector<Input> inputs_;  // by their position in the plan
};

// Many requests on their way into one batch: which of them are good, and what those bring for each input.
class Collation {
 public:
  Collation(const Collator& collator, const py::tuple& requests);

  const ManyVerdicts& verdicts() const { return verdicts_; }
  // How many rows each request brings; none where it is refused.
  py::object sizes() const;
  // The tensors that the good requests bring for an input, in their order; None where absent.
  py::list tensors(std::size_t input) const;
  // The shape that all rows of a numeric input have; nothing where they differ, or are to be looked at in Python.
  std::optional<std::vector<std::int64_t>> row_shape(std::size_t input) const;
  // An int64 array: the shape of each request's rows.
  py::object row_shapes(std::size_t input) const;
  // The rows of a numeric input in one array whose rows have `shape`, filled up with `fill` where they are smaller.
  py::object join(std::size_t input, const std::vector<std::int64_t>& shape, const py::object& fill) const;

 private:
  struct Request {
    bool is_row;
    std::int64_t rows;
  };

  bool take(const BatchGate& gate, bool is_row, std::size_t position, PyObject* request);
  std::optional<std::int64_t> rows_of(std::span<const py::object> tensors, bool is_row);
  std::size_t width() const { return collator_.inputs_.size(); }
  const py::object& tensor(std::size_t good, std::size_t input) const { return tensors_[good * width() + input]; }
  // The dims of a good request's rows; the tensor must be a NumPy array.
  std::span<const std::int64_t> row_dims(std::size_t good, std::size_t input) const;

  const Collator& collator_;
  ManyVerdicts verdicts_;
  std::vector<std::int64_t> sizes_;
  std::vector<Request> good_;
  std::vector<py::object> tensors_;  // of good requests, one after the other
};

}  // namespace tensorgate::python
