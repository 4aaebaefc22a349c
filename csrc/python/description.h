#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/shape.h"
#include "core/tensor_view.h"
#include "core/violation.h"

namespace tensorgate::python {

namespace py = pybind11;

// Why an object can't pass, whatever the spec says.
struct Refusal {
  ViolationCode code = ViolationCode::unsupported;
  std::string got;
  std::optional<std::string> hint;
};

// What the gate sees of an object. A refused one may still have a dtype and a shape.
struct Description {
  DType dtype = DType::invalid;
  std::int32_t rank = -1;                   // -1: nothing is known of its shape
  std::array<std::int64_t, kMaxRank> dims;  // the first `rank` are set
  std::optional<Refusal> refusal;

  Description() {}  // leaves dims as they are

  // False, and refused, where the shape is none that TensorFlow has.
  bool set_shape(const std::int64_t* sizes, std::int64_t count);

  TensorView view() const { return {dtype, {dims.data(), static_cast<std::size_t>(rank)}}; }
  void refuse(ViolationCode code, std::string got, std::optional<std::string> hint = std::nullopt) {
    refusal = Refusal{code, std::move(got), std::move(hint)};
  }
};

// Looks at any object without copying a tensor. Bad objects become refusals; throws only what no batch causes
// (KeyboardInterrupt, MemoryError).
void describe(py::handle object, Description& out);

// What the owner of the tensor calls its dtype, such as "float64", "object" or "datetime64[ns]".
std::string dtype_text(py::handle object, const Description& description);

// The name of an object's type, with its module unless it is a builtin.
std::string type_text(py::handle object);

}  // namespace tensorgate::python
