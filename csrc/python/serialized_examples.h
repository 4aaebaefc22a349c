#pragma once

#include <pybind11/pybind11.h>

#include <deque>
#include <span>
#include <vector>

#include "python/wire_bytes.h"
#include "serving/example_batch.h"

namespace tensorgate::python {

namespace py = pybind11;

// The bytes of many serialized Examples, held where they lie for as long as this lives.
class SerializedExamples {
 public:
  // From an iterable of bytes-like objects, or a vector of NumPy's. An iterator is asked for no more once there are
  // more than the limits allow. Throws TypeError and ValueError for anything else, naming the Example.
  SerializedExamples(py::handle serialized, const serving::Limits& limits);

  std::span<const serving::ExampleBytes> examples() const { return examples_; }

 private:
  void add_padded(py::handle array);
  void add(PyObject* example);
  void add(std::string_view example);

  py::object held_;
  std::deque<WireBytes> buffers_;  // of what is no bytes object
  std::vector<serving::ExampleBytes> examples_;
  std::size_t bytes_ = 0;
};

}  // namespace tensorgate::python
