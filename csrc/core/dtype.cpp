#include "core/dtype.h"

#include <array>

namespace tensorgate {
namespace {

struct Row {
  std::string_view name;
  std::size_t size;
  DTypeKind kind;
};

// Indexed by the DataType's number.
constexpr std::array<Row, kDTypes> kRows{{
    {"", 0, DTypeKind::handle},
    {"float32", 4, DTypeKind::floating},
    {"float64", 8, DTypeKind::floating},
    {"int32", 4, DTypeKind::integer},
    {"uint8", 1, DTypeKind::integer},
    {"int16", 2, DTypeKind::integer},
    {"int8", 1, DTypeKind::integer},
    {"string", 0, DTypeKind::string},
    {"complex64", 8, DTypeKind::complex},
    {"int64", 8, DTypeKind::integer},
    {"bool", 1, DTypeKind::boolean},
    {"qint8", 1, DTypeKind::quantized},
    {"quint8", 1, DTypeKind::quantized},
    {"qint32", 4, DTypeKind::quantized},
    {"bfloat16", 2, DTypeKind::floating},
    {"qint16", 2, DTypeKind::quantized},
    {"quint16", 2, DTypeKind::quantized},
    {"uint16", 2, DTypeKind::integer},
    {"complex128", 16, DTypeKind::complex},
    {"float16", 2, DTypeKind::floating},
    {"resource", 0, DTypeKind::handle},
    {"variant", 0, DTypeKind::handle},
    {"uint32", 4, DTypeKind::integer},
    {"uint64", 8, DTypeKind::integer},
    {"float8_e5m2", 1, DTypeKind::floating},
    {"float8_e4m3fn", 1, DTypeKind::floating},
    {"float8_e4m3fnuz", 1, DTypeKind::floating},
    {"float8_e4m3b11fnuz", 1, DTypeKind::floating},
    {"float8_e5m2fnuz", 1, DTypeKind::floating},
    {"int4", 1, DTypeKind::integer},
    {"uint4", 1, DTypeKind::integer},
    {"int2", 1, DTypeKind::integer},
    {"uint2", 1, DTypeKind::integer},
    {"float4_e2m1fn", 1, DTypeKind::floating},
}};

const Row& row(DType dtype) { return kRows[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::string_view name(DType dtype) { return row(dtype).name; }

DTypeKind kind(DType dtype) { return row(dtype).kind; }

DType part_of(DType complex) { return complex == DType::complex64 ? DType::float32 : DType::float64; }

std::size_t item_size(DType dtype) { return row(dtype).size; }

int bits_of(DType dtype) {
  if (dtype == DType::int4 || dtype == DType::uint4) return 4;
  if (dtype == DType::int2 || dtype == DType::uint2) return 2;
  return static_cast<int>(8 * item_size(dtype));
}

bool is_unsigned(DType dtype) { return name(dtype).starts_with('u') || name(dtype).starts_with("qu"); }

std::optional<DType> dtype_from_name(std::string_view name) {
  if (name == "float") return DType::float32;
  if (name == "double") return DType::float64;
  if (name == "half") return DType::float16;
  for (std::size_t number = 1; number < kRows.size(); ++number) {
    if (kRows[number].name == name) return static_cast<DType>(number);
  }
  return std::nullopt;
}

std::optional<DType> dtype_from_wire(std::uint64_t number) {
  if (number == 0 || number >= kRows.size()) return std::nullopt;
  return static_cast<DType>(number);
}

}  // namespace tensorgate
