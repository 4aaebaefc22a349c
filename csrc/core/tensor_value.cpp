#include "core/tensor_value.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/element.h"

namespace tensorgate {
namespace {

// A NaN is what lies, its sign aside, above the largest number or infinity.
template <class Bits>
void unify_nans(std::string& bytes, Bits largest, Bits nan) {
  constexpr auto kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  for (std::size_t at = 0; at + sizeof(Bits) <= bytes.size(); at += sizeof(Bits)) {
    Bits bits;
    std::memcpy(&bits, bytes.data() + at, sizeof bits);
    if (static_cast<Bits>(bits & ~kSign) > largest) std::memcpy(bytes.data() + at, &nan, sizeof nan);
  }
}

}  // namespace

std::size_t count(const TensorValue& value) {
  return value.dtype == DType::string ? value.strings.size() : value.bytes.size() / item_size(value.dtype);
}

const char* element(const TensorValue& value, std::size_t i) { return value.bytes.data() + i * item_size(value.dtype); }

void unify_nans(TensorValue& value) {
  switch (value.dtype) {
    case DType::float16:
      return unify_nans<std::uint16_t>(value.bytes, 0x7C00, 0x7E00);
    case DType::bfloat16:
      return unify_nans<std::uint16_t>(value.bytes, 0x7F80, 0x7FC0);
    case DType::float32:
    case DType::complex64:
      return unify_nans<std::uint32_t>(value.bytes, 0x7F800000, 0x7FC00000);
    case DType::float64:
    case DType::complex128:
      return unify_nans<std::uint64_t>(value.bytes, 0x7FF0000000000000, 0x7FF8000000000000);
    case DType::float8_e5m2:
      return unify_nans<std::uint8_t>(value.bytes, 0x7C, 0x7E);
    case DType::float8_e4m3fn:
      return unify_nans<std::uint8_t>(value.bytes, 0x7E, 0x7F);
    default:
      return;  // no NaN, or a single one
  }
}

void unify_zeros(TensorValue& value) {
  const bool is_complex = kind(value.dtype) == DTypeKind::complex;
  if (!is_complex && kind(value.dtype) != DTypeKind::floating) return;
  const DType part = is_complex ? part_of(value.dtype) : value.dtype;
  const std::string zero(item_size(part), '\0');
  for (std::size_t at = 0; at < value.bytes.size(); at += zero.size()) {
    if (compare(part, value.bytes.data() + at, zero.data()) == 0) value.bytes.replace(at, zero.size(), zero);
  }
}

void sort_unique(TensorValue& value) {
  if (value.dtype == DType::string) {
    std::sort(value.strings.begin(), value.strings.end());
    value.strings.erase(std::unique(value.strings.begin(), value.strings.end()), value.strings.end());
  } else {
    const std::size_t size = item_size(value.dtype);
    std::vector<std::string> elements;
    for (std::size_t i = 0; i < count(value); ++i) elements.emplace_back(element(value, i), size);
    // Numbers by size, NaN after them; what has no order goes by its bytes.
    std::sort(elements.begin(), elements.end(), [&](const std::string& a, const std::string& b) {
      const auto order = compare(value.dtype, a.data(), b.data());
      if (order != std::partial_ordering::unordered) return order < 0;
      const bool a_nan = is_nan(value.dtype, a.data());
      const bool b_nan = is_nan(value.dtype, b.data());
      return a_nan == b_nan ? a < b : b_nan;
    });
    elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
    value.bytes.clear();
    for (const std::string& one : elements) value.bytes += one;
  }
  value.dims = {static_cast<std::int64_t>(count(value))};
}

}  // namespace tensorgate
