#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tensorgate {

// TensorFlow's DataType, with its numbers on the wire (tensorflow/core/framework/types.proto).
// Reference types (number + 100) belong to TensorFlow 1 variables and have no member here.
enum class DType : std::uint8_t {
  invalid = 0,
  float32 = 1,
  float64 = 2,
  int32 = 3,
  uint8 = 4,
  int16 = 5,
  int8 = 6,
  string = 7,
  complex64 = 8,
  int64 = 9,
  boolean = 10,
  qint8 = 11,
  quint8 = 12,
  qint32 = 13,
  bfloat16 = 14,
  qint16 = 15,
  quint16 = 16,
  uint16 = 17,
  complex128 = 18,
  float16 = 19,
  resource = 20,
  variant = 21,
  uint32 = 22,
  uint64 = 23,
  float8_e5m2 = 24,
  float8_e4m3fn = 25,
  float8_e4m3fnuz = 26,
  float8_e4m3b11fnuz = 27,
  float8_e5m2fnuz = 28,
  int4 = 29,
  uint4 = 30,
  int2 = 31,
  uint2 = 32,
  float4_e2m1fn = 33,
};

// One more than the highest number.
inline constexpr std::size_t kDTypes = 34;

enum class DTypeKind : std::uint8_t { boolean, integer, floating, complex, quantized, string, handle };

// TensorFlow's name, such as "float32" or "bool". Empty for DType::invalid.
std::string_view name(DType dtype);

DTypeKind kind(DType dtype);

// The dtype of either part of a complex number.
DType part_of(DType complex);

// Bytes of one element in memory, as NumPy and TensorFlow hold it: the 4-bit and 2-bit types take a
// byte each. Zero for string, resource and variant, whose elements have no fixed size.
std::size_t item_size(DType dtype);

// Bits that count in an element of an integer or quantized dtype: 4 of int4, which takes a byte.
int bits_of(DType dtype);

// Of such a dtype.
bool is_unsigned(DType dtype);

// Takes TensorFlow's names and its aliases "float", "double" and "half".
std::optional<DType> dtype_from_name(std::string_view name);

// Takes the number of TensorFlow's DataType; nothing for DT_INVALID, reference types and unknown numbers.
std::optional<DType> dtype_from_wire(std::uint64_t number);

}  // namespace tensorgate
