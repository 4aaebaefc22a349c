#pragma once

#include <pybind11/pybind11.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/inspection.h"
#include "python/gate.h"

namespace tensorgate::python {

// What ragged and sparse tensors are looked at by: their parts, which are tensors themselves.

// values and row_splits; all null where the object has no such parts, or others too.
std::array<py::object, 2> ragged_parts(py::handle value);
// indices, values and dense_shape.
std::array<py::object, 3> sparse_parts(py::handle value);

// Tells that an object has no such parts.
void refuse_parts(py::handle value, const TensorSpec& spec, const std::string& path, const char* hint, Violations& out);

// A part's spec and plan, for looking at it as at any tensor.
struct Part {
  explicit Part(TensorSpec given) : spec(std::move(given)), plan(Nest::of(spec)) {}

  TensorSpec spec;
  Plan plan;
};

bool inspect_part(py::handle value, const Part& part, const std::string& path, Violations& out, bool elements);

// Whole numbers, row by row, as they lay in a part when it was looked at.
struct Integers {
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> numbers;
};

// Those of a part that has passed, whatever their width and strides; nothing, and a violation, where the part's own
// code has changed it since.
std::optional<Integers> integers_of(py::handle value, std::int32_t rank, Violations& out, const std::string& path);

// A tensor's size along its first axis, or -1.
std::int64_t first_size(py::handle value);

// One fault of row_splits, or of indices: the first place and how many there are.
struct Fault {
  std::string expected;
  std::string got;
  std::int64_t first = -1;
  std::int64_t count = 0;

  void add(std::int64_t at, const std::string& want, const std::string& have) {
    if (count++ > 0) return;
    first = at;
    expected = want;
    got = have;
  }
  void tell(ViolationCode code, const std::string& path, Violations& out) const {
    if (count == 0) return;
    out.add({.path = path, .code = code, .expected = expected, .got = got, .index = {{first}}, .count = count});
  }
};

// Which of some things in a row are faulty.
struct Marks {
  explicit Marks(std::int64_t size)
      : count(std::max<std::int64_t>(size, 0)), bad(new bool[static_cast<std::size_t>(count)]()) {}

  std::int64_t count;
  std::unique_ptr<bool[]> bad;
};

// The elements of a part that has the right dtype and shape.
Marks faulty_elements(py::handle value, const Part& part, std::int64_t count);

}  // namespace tensorgate::python
