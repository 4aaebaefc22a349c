#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor_view.h"

namespace tensorgate::serving {

// TensorProto's fields that hold values (tensorflow/core/framework/tensor.proto).
namespace field {
inline constexpr std::uint32_t float_val = 5, double_val = 6, int_val = 7, string_val = 8, scomplex_val = 9,
                               int64_val = 10, bool_val = 11, dcomplex_val = 12, half_val = 13,
                               resource_handle_val = 14, variant_val = 15, uint32_val = 16, uint64_val = 17,
                               float8_val = 18;
}  // namespace field

// "float_val", "int_val", ...
std::string_view values_field_name(std::uint32_t field);

// How a typed field holds the elements of a dtype.
struct Storage {
  enum class Form : std::uint8_t { fixed32, fixed64, varint, bytes };

  std::uint32_t field;  // 0: no field holds them
  Form form;
  std::uint8_t parts = 1;  // numbers of an element
};
Storage storage(DType dtype);

// What a TensorProto says of itself: its values are counted and stay where they are. Owns nothing, allocates nothing.
struct TensorHeader {
  std::string_view body;     // the message's bytes
  std::uint64_t offset = 0;  // where they begin, for messages
  std::uint32_t wire_dtype = 0;
  bool unknown_rank = false;
  std::size_t rank = 0;  // may be over kMaxRank, of which as many sizes are kept
  std::array<std::int64_t, kMaxRank> sizes;
  std::string_view content;

  // Values in typed fields: of the first that holds any, and which others do.
  std::uint32_t values_field = 0;
  std::uint32_t other_field = 0;
  std::uint64_t count = 0;  // of numbers or strings
  bool is_one_run = false;  // all of them lie in `run`
  std::string_view run;

  std::optional<DType> dtype() const { return dtype_from_wire(wire_dtype); }
  std::span<const std::int64_t> dims() const { return {sizes.data(), rank < kMaxRank ? rank : kMaxRank}; }
};

// Reads a whole message. Throws Malformed where protobuf would refuse it.
void read_tensor_header(std::string_view body, std::uint64_t offset, TensorHeader& out);

}  // namespace tensorgate::serving
