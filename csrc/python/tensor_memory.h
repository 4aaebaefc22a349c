#pragma once

#include <pybind11/pybind11.h>

#include <optional>
#include <vector>

#include "core/value_scan.h"
#include "python/description.h"
#include "python/numpy_api.h"

namespace tensorgate::python {

// The elements of a numeric tensor where they lie, held for as long as this lives. No copy; strings have none.
class TensorMemory {
 public:
  // `description` is the object's own.
  TensorMemory(py::handle object, const Description& description);
  TensorMemory(TensorMemory&&) = default;
  TensorMemory& operator=(TensorMemory&&) = delete;

  // Why the elements can't be looked at from here, as those on a device.
  const std::optional<Refusal>& refusal() const { return refusal_; }
  // Only where there is no refusal.
  StridedTensor tensor() const { return {dtype_, data_, dims_, strides_.empty() ? nullptr : strides_.data()}; }

  std::size_t bytes() const;
  // What keeps the memory: an array, a memoryview or a capsule.
  const py::object& owner() const { return owner_; }

 private:
  void open(py::handle object);
  void refuse(std::string got, std::string hint) {
    refusal_ = Refusal{ViolationCode::unsupported, std::move(got), std::move(hint)};
  }
  void open_array(const py::object& array);
  void open_buffer(py::handle object);
  void open_dlpack(py::handle object);
  void open_eager(py::handle object);

  DType dtype_;
  std::int64_t item_size_ = 0;  // as the memory's owner has it
  const void* data_ = nullptr;
  std::vector<std::int64_t> dims_;
  std::vector<std::int64_t> strides_;
  py::object owner_;
  std::optional<Refusal> refusal_;
};

// A NumPy array of the memory, which it keeps.
py::object memory_array(TensorMemory memory);

// The elements of a plain array, which the caller holds.
inline StridedTensor elements_of(PyArrayObject* array, DType dtype) {
  static_assert(sizeof(npy_intp) == sizeof(std::int64_t));
  return {dtype, PyArray_DATA(array),
          std::span<const std::int64_t>(PyArray_DIMS(array), static_cast<std::size_t>(PyArray_NDIM(array))),
          PyArray_IS_C_CONTIGUOUS(array) ? nullptr : PyArray_STRIDES(array)};
}

}  // namespace tensorgate::python
