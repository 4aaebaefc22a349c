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
#include "serving/span_reader.h"

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

// The field of a dtype; of the 8-bit floats it is one string of bytes.
constexpr Storage storage(DType dtype) {
  using Form = Storage::Form;
  switch (dtype) {
    case DType::float32:
      return {field::float_val, Form::fixed32};
    case DType::float64:
      return {field::double_val, Form::fixed64};
    case DType::complex64:
      return {field::scomplex_val, Form::fixed32, 2};
    case DType::complex128:
      return {field::dcomplex_val, Form::fixed64, 2};
    case DType::string:
      return {field::string_val, Form::bytes};
    case DType::int64:
      return {field::int64_val, Form::varint};
    case DType::boolean:
      return {field::bool_val, Form::varint};
    case DType::float16:
    case DType::bfloat16:
      return {field::half_val, Form::varint};
    case DType::uint32:
      return {field::uint32_val, Form::varint};
    case DType::uint64:
      return {field::uint64_val, Form::varint};
    case DType::float8_e5m2:
    case DType::float8_e4m3fn:
    case DType::float8_e4m3fnuz:
    case DType::float8_e4m3b11fnuz:
    case DType::float8_e5m2fnuz:
    case DType::float4_e2m1fn:
      return {field::float8_val, Form::bytes};
    case DType::resource:
    case DType::variant:
    case DType::invalid:
      return {0, Form::bytes};
    default:
      return {field::int_val, Form::varint};
  }
}

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

  TensorHeader() {}  // leaves sizes as they are

  std::optional<DType> dtype() const { return dtype_from_wire(wire_dtype); }
  std::span<const std::int64_t> dims() const { return {sizes.data(), rank < kMaxRank ? rank : kMaxRank}; }
};

// Counts the values of a repeated field, packed or not, which stays where it is. A field of another wire type is
// skipped.
void read_repeated(SpanReader& wire, Field f, Storage::Form form, TensorHeader& out);

// Reads a whole message, nested so deep in others. Throws Malformed where protobuf would refuse it.
void read_tensor_header(std::string_view body, std::uint64_t offset, TensorHeader& out, int depth = 0);

}  // namespace tensorgate::serving
