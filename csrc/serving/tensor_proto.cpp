#include "serving/tensor_proto.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "core/shape.h"

namespace tensorgate::serving {
namespace {

static_assert(std::endian::native == std::endian::little, "TensorValue holds little-endian elements");

constexpr std::uint64_t kMaxElements = 16 << 20;
constexpr std::size_t kMaxDefaultRank = 32;  // what every NumPy can hold

namespace field {
constexpr std::uint32_t dtype = 1, shape = 2, content = 4, float_val = 5, double_val = 6, int_val = 7, string_val = 8,
                        scomplex_val = 9, int64_val = 10, bool_val = 11, dcomplex_val = 12, half_val = 13,
                        uint32_val = 16, uint64_val = 17, float8_val = 18;
}  // namespace field

// The field that holds a dtype's values, and how: `width` bytes of each number go into an element of `parts`.
struct Storage {
  std::uint32_t field;
  std::size_t width;
  std::size_t parts = 1;
};

std::optional<Storage> storage(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return Storage{field::float_val, 4};
    case DType::float64:
      return Storage{field::double_val, 8};
    case DType::int32:
    case DType::qint32:
      return Storage{field::int_val, 4};
    case DType::int16:
    case DType::uint16:
    case DType::qint16:
    case DType::quint16:
      return Storage{field::int_val, 2};
    case DType::int8:
    case DType::uint8:
    case DType::qint8:
    case DType::quint8:
    case DType::int4:
    case DType::uint4:
    case DType::int2:
    case DType::uint2:
      return Storage{field::int_val, 1};
    case DType::boolean:
      return Storage{field::bool_val, 1};
    case DType::int64:
      return Storage{field::int64_val, 8};
    case DType::uint32:
      return Storage{field::uint32_val, 4};
    case DType::uint64:
      return Storage{field::uint64_val, 8};
    case DType::float16:
    case DType::bfloat16:
      return Storage{field::half_val, 2};
    case DType::complex64:
      return Storage{field::scomplex_val, 4, 2};
    case DType::complex128:
      return Storage{field::dcomplex_val, 8, 2};
    case DType::float8_e5m2:
    case DType::float8_e4m3fn:
    case DType::float8_e4m3fnuz:
    case DType::float8_e4m3b11fnuz:
    case DType::float8_e5m2fnuz:
    case DType::float4_e2m1fn:
      return Storage{field::float8_val, 1};
    default:
      return std::nullopt;
  }
}

void read_numbers(ContractReader& wire, Field f, std::vector<std::uint64_t>& out) {
  const bool is_fixed32 = f.number == field::float_val || f.number == field::scomplex_val;
  const bool is_fixed64 = f.number == field::double_val || f.number == field::dcomplex_val;
  const auto one = [&] {
    wire.charge(sizeof(out[0]));
    out.push_back(is_fixed32 ? wire.fixed32() : is_fixed64 ? wire.fixed64() : wire.varint());
  };
  const WireType single = is_fixed32 ? WireType::fixed32 : is_fixed64 ? WireType::fixed64 : WireType::varint;
  if (f.type == WireType::length) {
    wire.packed(one);
  } else if (f.type == single) {
    one();
  } else {
    wire.skip(f);
  }
}

// True for what one of the dtype's values can be; protobuf's own 32-bit fields hold more.
bool in_range(DType dtype, std::uint32_t from, std::uint64_t number) {
  if (from == field::half_val) return number <= 0xFFFF;
  if (from != field::int_val) return true;
  const std::string_view text = name(dtype);
  const auto value = static_cast<std::int32_t>(number);
  const std::size_t bits = text.ends_with("int4") ? 4 : text.ends_with("int2") ? 2 : 8 * item_size(dtype);
  if (text.starts_with('u') || text.starts_with("qu")) return value >= 0 && value < std::int64_t{1} << bits;
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  return value >= -limit && value < limit;
}

}  // namespace

void read_tensor_proto(ContractReader& wire, RawTensor& out) {
  out.start = wire.position();
  wire.nested([&](Field f) {
    if (f.is(field::dtype, WireType::varint)) {
      out.dtype = static_cast<std::uint32_t>(wire.varint());  // an enum has 32 bits
    } else if (f.is(field::shape, WireType::length)) {
      read_shape_proto(wire, out.shape);
    } else if (f.is(field::content, WireType::length)) {
      out.content = wire.bytes();
    } else if (f.is(field::string_val, WireType::length)) {
      wire.charge(sizeof(std::string));
      out.strings.push_back(wire.bytes());
    } else if (f.is(field::float8_val, WireType::length)) {
      auto& values = out.numbers[field::float8_val];
      values.clear();
      for (const char c : wire.bytes()) {
        wire.charge(sizeof(values[0]));
        values.push_back(static_cast<std::uint8_t>(c));
      }
    } else if ((f.number >= field::float_val && f.number <= field::half_val) || f.number == field::uint32_val ||
               f.number == field::uint64_val) {
      read_numbers(wire, f, out.numbers[f.number]);
    } else {
      wire.skip(f);
    }
  });
}

TensorValue to_tensor_value(ContractReader& wire, const RawTensor& raw) {
  const auto refuse = [&](const std::string& what) { wire.fail_at(raw.start, "a default value " + what); };
  const std::optional<DType> dtype = dtype_from_wire(raw.dtype);
  if (!dtype) refuse("of DataType " + std::to_string(raw.dtype));
  const Shape shape = to_shape(wire, raw.start, raw.shape);
  if (!shape.rank_known()) refuse("of unknown rank");
  TensorValue value{.dtype = *dtype};
  if (shape.dims().size() > kMaxDefaultRank) refuse("of rank " + std::to_string(shape.dims().size()));
  std::uint64_t elements = 1;
  std::uint64_t without_zeros = 1;
  // In bytes it must be addressable; a string takes a pointer.
  const std::uint64_t max_product =
      INT64_MAX / std::max<std::uint64_t>(item_size(*dtype), *dtype == DType::string ? sizeof(void*) : 1);
  for (const Dim& dim : shape.dims()) {
    if (!dim.size) refuse("with an unknown dimension");
    value.dims.push_back(*dim.size);
    const auto size = static_cast<std::uint64_t>(*dim.size);
    const std::uint64_t factor = size == 0 ? 1 : size;
    // Even an empty array can't have dimensions whose product overflows.
    if (without_zeros > max_product / factor) refuse("of more elements than memory can hold");
    without_zeros *= factor;
    elements *= size;
  }
  if (elements > kMaxElements) refuse("of more than " + std::to_string(kMaxElements) + " elements");
  const std::optional<Storage> stored = storage(*dtype);
  const std::uint32_t values_field = stored ? stored->field : field::string_val;
  for (const auto& [number, values] : raw.numbers) {
    if (number != values_field && !values.empty()) {
      refuse("of " + std::string(name(*dtype)) + " has its values in field " + std::to_string(number));
    }
  }

  if (*dtype == DType::string) {
    if (!raw.content.empty()) refuse("of strings in tensor_content");
    if (raw.strings.size() > elements) refuse("has more strings than elements");
    const std::string last = raw.strings.empty() ? std::string() : raw.strings.back();
    for (std::uint64_t i = raw.strings.size(); i < elements; ++i) wire.charge(sizeof(std::string) + last.size());
    value.strings = raw.strings;
    value.strings.resize(elements, last);
    return value;
  }
  if (!stored) refuse("of " + std::string(name(*dtype)));
  if (!raw.strings.empty()) refuse("of " + std::string(name(*dtype)) + " has its values in field 8");
  const std::size_t bytes = elements * item_size(*dtype);
  wire.charge(bytes);
  const auto found = raw.numbers.find(values_field);
  const std::vector<std::uint64_t> none;
  const std::vector<std::uint64_t>& numbers = found == raw.numbers.end() ? none : found->second;
  if (!raw.content.empty()) {
    if (raw.content.size() != bytes)
      refuse("holds " + std::to_string(raw.content.size()) + " bytes, its shape " + std::to_string(bytes));
    if (!numbers.empty()) refuse("has both tensor_content and values");
    const auto is_no_bool = [](char c) { return c != 0 && c != 1; };
    if (*dtype == DType::boolean && std::any_of(raw.content.begin(), raw.content.end(), is_no_bool)) {
      refuse("of bool holds a byte that is neither 0 nor 1");
    }
    value.bytes = raw.content;
    unify_nans(value);
    return value;
  }
  if (numbers.size() % stored->parts != 0) refuse("has half a complex number");
  if (numbers.size() / stored->parts > elements) refuse("has more values than elements");
  for (const std::uint64_t number : numbers) {
    if (!in_range(*dtype, values_field, number))
      refuse("of " + std::string(name(*dtype)) + " has a number out of range");
  }
  value.bytes.resize(bytes);
  const std::size_t count = elements * stored->parts;
  for (std::size_t i = 0; i < count && !numbers.empty(); ++i) {
    // Past the written values the last element is repeated, both of its parts where it is complex.
    const std::size_t from = i < numbers.size() ? i : numbers.size() - stored->parts + i % stored->parts;
    const std::uint64_t number = *dtype == DType::boolean ? numbers[from] != 0 : numbers[from];
    std::memcpy(value.bytes.data() + i * stored->width, &number, stored->width);
  }
  unify_nans(value);
  return value;
}

}  // namespace tensorgate::serving
