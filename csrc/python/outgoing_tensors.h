#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/inspection.h"
#include "python/tensor_memory.h"
#include "serving/outgoing_tensor.h"

namespace tensorgate::python {

// Tensors of whatever exports them, ready to be written: held as they lie for as long as this lives. What objects' own
// code or other threads do meanwhile to an array's shape or to its strings changes nothing here.
class OutgoingTensors {
 public:
  // `path` is what the paths of violations begin with.
  explicit OutgoingTensors(std::string path) : path_(std::move(path)) {}
  OutgoingTensors(const OutgoingTensors&) = delete;
  OutgoingTensors& operator=(const OutgoingTensors&) = delete;

  // Throws TypeError or ValueError where a name is no str that UTF-8 can hold.
  void add_all(py::handle mapping);
  // One that the path itself leads to.
  void add_lone(std::string_view name, py::handle tensor);

  std::span<const serving::OutgoingTensor> tensors() const { return tensors_; }
  bool is_lone() const { return is_lone_; }
  std::uint64_t bytes() const { return bytes_; }  // of numbers and strings

  std::string path_of(std::string_view name) const;
  const Violations& violations() const { return violations_; }
  void refuse(Violation violation) { violations_.add(std::move(violation)); }
  // Throws ValidationError where some tensor can't be written.
  void require_all(const std::string& subject) const;

 private:
  void add(std::string_view name, py::handle value);
  bool add_plain_array(std::string_view name, py::handle value);
  void add_numbers(std::string_view name, const StridedTensor& elements, const py::object& owner);
  void add_strings(std::string_view name, py::handle value, const Description& description);
  void refuse(std::string_view name, const Refusal& refusal);

  std::string path_;
  bool is_lone_ = false;
  std::vector<serving::OutgoingTensor> tensors_;
  // What the tensors refer to: moving these vectors moves no element of the inner ones.
  std::vector<py::object> owners_;
  std::vector<std::vector<std::int64_t>> sizes_;
  std::vector<std::vector<std::string_view>> strings_;
  std::uint64_t bytes_ = 0;
  Violations violations_{kMaxKeptViolations};
};

}  // namespace tensorgate::python
