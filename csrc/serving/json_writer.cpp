#include "serving/json_writer.h"

#include <bit>
#include <cstring>
#include <limits>
#include <new>

#include "core/element.h"
#include "core/strided_copy.h"
#include "core/text.h"
#include "serving/json_base64.h"
#include "serving/number_text.h"

namespace tensorgate::serving {
namespace {

template <class Value>
Value load(const void* from) {
  Value value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighBits = 0x80 * kOnes;

// The highest bit of each byte that is zero; of others only above one that is.
std::uint64_t zero_bytes(std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; }

// Nonzero where one of eight bytes can't stand in a JSON string as it is.
std::uint64_t needs_escape(std::uint64_t word) {
  const std::uint64_t is_control = (word - 0x20 * kOnes) & ~word & kHighBits;
  return is_control | zero_bytes(word ^ '"' * kOnes) | zero_bytes(word ^ '\\' * kOnes);
}

char* write_escaped(char* out, char c) {
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  const std::size_t found = kNamed.find(c);
  if (found != std::string_view::npos) {
    *out++ = '\\';
    *out++ = kNames[found];
  } else if (static_cast<std::uint8_t>(c) >= 0x20) {
    *out++ = c;
  } else {
    std::memcpy(out, "\\u00", 4);
    out[4] = static_cast<char>('0' + (c >> 4));
    out[5] = "0123456789abcdef"[c & 15];
    out += 6;
  }
  return out;
}

char* append(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* write_string(char* out, const std::byte* from) {
  const auto text = load<std::string_view>(from);
  if (is_utf8(text)) return write_json_text(out, text);
  return append(write_base64(append(out, R"({"b64":")"), text), R"("})");
}

char* write_bool(char* out, const std::byte* from) {
  const bool is_true = load<std::uint8_t>(from) != 0;
  std::memcpy(out, is_true ? "true\0\0\0" : "false\0\0", 8);
  return out + (is_true ? 4 : 5);
}

template <class Number, class As = Number>
char* write_plain(char* out, const std::byte* from) {
  return write_number(out, As{load<Number>(from)});
}

char* write_bfloat16(char* out, const std::byte* from) {
  return write_number(out, std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(from)} << 16));
}

// Narrower floats are exact as a float32.
template <DType dtype>
char* write_narrow(char* out, const std::byte* from) {
  return write_number(out, static_cast<float>(to_double(dtype, from)));
}

// Integers in the low bits of a byte.
template <int kBits, bool kIsSigned>
char* write_low_bits(char* out, const std::byte* from) {
  const auto high = static_cast<std::uint8_t>(load<std::uint8_t>(from) << (8 - kBits));
  if constexpr (kIsSigned) return write_number(out, std::int64_t{static_cast<std::int8_t>(high)} >> (8 - kBits));
  return write_number(out, std::uint64_t{high} >> (8 - kBits));
}

// Elements that lie `stride` bytes apart, with commas between them.
template <char* (*write_element)(char*, const std::byte*)>
char* write_run(char* out, const std::byte* from, std::int64_t stride, std::int64_t count) {
  if (count == 0) return out;
  for (; count > 0; --count, from += stride) {
    out = write_element(out, from);
    *out++ = ',';
  }
  return out - 1;
}

// The most that an element takes, beside strings.
std::uint64_t widest(DType dtype) {
  switch (dtype) {
    case DType::float64:
      return 25;  // -1234567890123456774144.0, as long as its exponential form but for the point and the zero
    case DType::int64:
    case DType::uint64:
      return 20;
    case DType::int32:
    case DType::uint32:
      return 11;
    case DType::boolean:
    case DType::int16:
    case DType::uint16:
      return 6;
    case DType::int8:
    case DType::uint8:
      return 4;
    default:
      return 19;  // -123456792000000.0 and a digit more; -1.23456789e-38
  }
}

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out) || out > std::uint64_t{std::numeric_limits<std::int64_t>::max()} / 2) {
    throw std::bad_alloc();
  }
  return out;
}

}  // namespace

char* write_json_text(char* out, std::string_view utf8) {
  *out++ = '"';
  const char* from = utf8.data();
  const char* const end = from + utf8.size();
  while (end - from >= 8) {
    const auto word = load<std::uint64_t>(from);
    if (needs_escape(word) != 0) {
      for (int i = 0; i < 8; ++i) out = write_escaped(out, *from++);
    } else {
      std::memcpy(out, &word, 8);
      out += 8;
      from += 8;
    }
  }
  while (from != end) out = write_escaped(out, *from++);
  *out++ = '"';
  return out;
}

JsonTensorWriter::JsonTensorWriter(const OutgoingTensor& tensor)
    : tensor_(&tensor), run_(run_of(tensor.elements.dtype)) {
  const StridedTensor& elements = tensor.elements;
  if (elements.dtype == DType::string) {
    // The strings are elements of their own kind, one after the other.
    data_ = reinterpret_cast<const std::byte*>(tensor.strings.data());
    strides_ = row_major_strides(elements.dims, sizeof(std::string_view));
  } else {
    data_ = static_cast<const std::byte*>(elements.data);
    if (elements.strides == nullptr) {
      strides_ = row_major_strides(elements.dims, item_size(elements.dtype));
    } else {
      strides_.assign(elements.strides, elements.strides + elements.dims.size());
    }
  }
}

bool JsonTensorWriter::can_write(DType dtype) { return run_of(dtype) != nullptr; }

std::uint64_t JsonTensorWriter::max_size() const {
  constexpr std::uint64_t kList = 3;  // brackets and a comma
  std::uint64_t size = 0;
  std::uint64_t count = 1;
  for (const std::int64_t dim : tensor_->elements.dims) {
    size += product(kList, count);
    count = product(count, static_cast<std::uint64_t>(dim));
  }
  if (tensor_->elements.dtype != DType::string) return size + product(count, widest(tensor_->elements.dtype) + 1);
  for (const std::string_view text : tensor_->strings) size += max_json_string(text.size()) + 1;
  return size;
}

JsonTensorWriter::WriteRun JsonTensorWriter::run_of(DType dtype) {
  switch (dtype) {
    case DType::string:
      return write_run<write_string>;
    case DType::boolean:
      return write_run<write_bool>;
    case DType::float64:
      return write_run<write_plain<double>>;
    case DType::float32:
      return write_run<write_plain<float>>;
    case DType::bfloat16:
      return write_run<write_bfloat16>;
    case DType::float16:
      return write_run<write_narrow<DType::float16>>;
    case DType::float8_e5m2:
      return write_run<write_narrow<DType::float8_e5m2>>;
    case DType::float8_e4m3fn:
      return write_run<write_narrow<DType::float8_e4m3fn>>;
    case DType::float8_e4m3fnuz:
      return write_run<write_narrow<DType::float8_e4m3fnuz>>;
    case DType::float8_e4m3b11fnuz:
      return write_run<write_narrow<DType::float8_e4m3b11fnuz>>;
    case DType::float8_e5m2fnuz:
      return write_run<write_narrow<DType::float8_e5m2fnuz>>;
    case DType::float4_e2m1fn:
      return write_run<write_narrow<DType::float4_e2m1fn>>;
    case DType::int64:
      return write_run<write_plain<std::int64_t>>;
    case DType::int32:
      return write_run<write_plain<std::int32_t, std::int64_t>>;
    case DType::int16:
      return write_run<write_plain<std::int16_t, std::int64_t>>;
    case DType::int8:
      return write_run<write_plain<std::int8_t, std::int64_t>>;
    case DType::uint64:
      return write_run<write_plain<std::uint64_t>>;
    case DType::uint32:
      return write_run<write_plain<std::uint32_t, std::uint64_t>>;
    case DType::uint16:
      return write_run<write_plain<std::uint16_t, std::uint64_t>>;
    case DType::uint8:
      return write_run<write_plain<std::uint8_t, std::uint64_t>>;
    case DType::int4:
      return write_run<write_low_bits<4, true>>;
    case DType::uint4:
      return write_run<write_low_bits<4, false>>;
    case DType::int2:
      return write_run<write_low_bits<2, true>>;
    case DType::uint2:
      return write_run<write_low_bits<2, false>>;
    default:
      return nullptr;
  }
}

char* JsonTensorWriter::write_from(char* out, std::size_t axis, const std::byte* from) const {
  const auto dims = tensor_->elements.dims;
  if (axis == dims.size()) return run_(out, from, 0, 1);
  *out++ = '[';
  if (axis + 1 == dims.size()) {
    out = run_(out, from, strides_[axis], dims[axis]);
  } else {
    for (std::int64_t i = 0; i < dims[axis]; ++i) {
      if (i > 0) *out++ = ',';
      out = write_from(out, axis + 1, from + i * strides_[axis]);
    }
  }
  *out++ = ']';
  return out;
}

}  // namespace tensorgate::serving
