#include "serving/infer_tensor.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/shape.h"
#include "core/text.h"
#include "serving/tensor_fault.h"
#include "serving/tensor_values.h"

namespace tensorgate::serving {
namespace {

struct Datatype {
  DType dtype;
  std::string_view name;
  std::uint32_t contents;  // 0: raw bytes alone hold it
};

constexpr std::uint32_t kBytesContents = 8;
static_assert(kBytesContents == field::string_val, "decode_tensor looks for strings there");

constexpr std::array<Datatype, 14> kDatatypes{{
    {DType::boolean, "BOOL", 1},
    {DType::uint8, "UINT8", 4},
    {DType::uint16, "UINT16", 4},
    {DType::uint32, "UINT32", 4},
    {DType::uint64, "UINT64", 5},
    {DType::int8, "INT8", 2},
    {DType::int16, "INT16", 2},
    {DType::int32, "INT32", 2},
    {DType::int64, "INT64", 3},
    {DType::float16, "FP16", 0},
    {DType::float32, "FP32", 6},
    {DType::float64, "FP64", 7},
    {DType::bfloat16, "BF16", 0},
    {DType::string, "BYTES", kBytesContents},
}};

constexpr std::array<std::string_view, 8> kContentsNames{"bool_contents", "int_contents",    "int64_contents",
                                                         "uint_contents", "uint64_contents", "fp32_contents",
                                                         "fp64_contents", "bytes_contents"};

std::string_view contents_name(std::uint32_t field) { return kContentsNames[field - kFirstContents]; }

std::uint32_t contents_of(DType dtype) {
  const auto* const found = std::find_if(kDatatypes.begin(), kDatatypes.end(),
                                         [dtype](const Datatype& datatype) { return datatype.dtype == dtype; });
  return found->contents;
}

std::string tensor_text(const TensorHeader& header) {
  return std::string(name(*header.dtype())) + " " + text(header.dims());
}

std::vector<std::int64_t> index_of(std::uint64_t position, std::span<const std::int64_t> dims) {
  std::vector<std::int64_t> out(dims.size());
  for (std::size_t axis = dims.size(); axis-- > 0;) {
    const auto size = static_cast<std::uint64_t>(dims[axis]);
    out[axis] = static_cast<std::int64_t>(position % size);
    position /= size;
  }
  return out;
}

std::uint32_t length_at(const char* at) {
  std::uint32_t out = 0;
  for (int i = 0; i < 4; ++i) out |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(at[i])) << (8 * i);
  return out;
}

}  // namespace

Storage::Form infer_contents_form(std::uint32_t field) {
  switch (field) {
    case 6:
      return Storage::Form::fixed32;
    case 7:
      return Storage::Form::fixed64;
    case kBytesContents:
      return Storage::Form::bytes;
    default:
      return Storage::Form::varint;
  }
}

std::optional<DType> dtype_from_infer(std::string_view datatype) {
  const auto* const found = std::find_if(kDatatypes.begin(), kDatatypes.end(),
                                         [datatype](const Datatype& known) { return known.name == datatype; });
  return found == kDatatypes.end() ? std::nullopt : std::optional(found->dtype);
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string values_text(const TensorHeader& header) {
  return counted(element_count(header), "value") + ", as the shape " + text(header.dims()) + " has";
}

InferTensors::InferTensors(const Nest& contract, const Limits& limits, Violations& out) : limits_(limits), out_(out) {
  for (const auto& [name, spec] : contract.children) own_names_.insert(name);
}

std::string InferTensors::path(std::string_view name) const {
  return own_names_.contains(name) ? at("inputs", name) : at("inputs", name, limits_.max_name_characters);
}

bool InferTensors::is_first(std::string_view name, const std::string& path, std::uint64_t offset) {
  if (seen_.emplace(name).second) return true;
  refuse({.path = {}, .code = ViolationCode::duplicate, .offset = static_cast<std::int64_t>(offset)}, path);
  return false;
}

void InferTensors::refuse(Violation violation, const std::string& path) {
  violation.path = path;
  out_.add(std::move(violation));
}

bool InferTensors::describe(std::string_view datatype, TensorHeader& header, const std::string& path) {
  const auto dtype = dtype_from_infer(datatype);
  if (!dtype) {
    std::string names;
    for (const Datatype& known : kDatatypes) names += (names.empty() ? "" : ", ") + std::string(known.name);
    refuse({.path = {},
            .code = ViolationCode::dtype,
            .expected = "one of " + names,
            .got = quoted(datatype, limits_.max_name_characters),
            .offset = static_cast<std::int64_t>(header.offset)},
           path);
    return false;
  }
  header.wire_dtype = static_cast<std::uint32_t>(*dtype);
  const TensorFault fault = find_shape_fault(header, limits_);
  if (fault != TensorFault::none) refuse(violation_of(fault, header, limits_), path);
  return fault == TensorFault::none;
}

bool InferTensors::take_memory(const TensorHeader& header, std::uint64_t bytes, const std::string& path) {
  if (bytes > limits_.max_tensor_bytes - std::min(bytes_, limits_.max_tensor_bytes)) {
    refuse({.path = {},
            .code = ViolationCode::too_large,
            .expected = "tensors of at most " + std::to_string(limits_.max_tensor_bytes) + " bytes in all",
            .got = tensor_text(header),
            .offset = static_cast<std::int64_t>(header.offset)},
           path);
    return false;
  }
  bytes_ += bytes;
  return true;
}

std::optional<DecodedTensor> InferTensors::from_raw(const TensorHeader& header, std::string_view bytes,
                                                    std::uint64_t offset, const std::string& path) {
  const DType dtype = *header.dtype();
  if (dtype == DType::string) return raw_strings(header, bytes, offset, path);
  const std::uint64_t want = element_count(header) * item_size(dtype);
  if (bytes.size() != want) {
    refuse({.path = {},
            .code = ViolationCode::structure,
            .expected = counted(want, "byte") + ", as " + tensor_text(header) + " takes",
            .got = std::to_string(bytes.size()),
            .offset = static_cast<std::int64_t>(offset)},
           path);
    return std::nullopt;
  }
  if (dtype == DType::boolean) {
    const auto is_neither = [](char byte) { return static_cast<std::uint8_t>(byte) > 1; };
    const auto* const wrong = std::find_if(bytes.begin(), bytes.end(), is_neither);
    if (wrong != bytes.end()) {
      const auto position = static_cast<std::uint64_t>(wrong - bytes.begin());
      refuse({.path = {},
              .code = ViolationCode::not_representable,
              .expected = "bytes 0 and 1 of bool",
              .got = std::to_string(static_cast<std::uint8_t>(*wrong)),
              .index = index_of(position, header.dims()),
              .count = std::count_if(wrong, bytes.end(), is_neither),
              .offset = static_cast<std::int64_t>(offset + position)},
             path);
      return std::nullopt;
    }
  }
  const auto dims = header.dims();
  return DecodedTensor{.dtype = dtype, .dims = {dims.begin(), dims.end()}, .view = bytes};
}

std::optional<DecodedTensor> InferTensors::raw_strings(const TensorHeader& header, std::string_view bytes,
                                                       std::uint64_t offset, const std::string& path) {
  constexpr std::size_t kLengthBytes = 4;
  const std::uint64_t elements = element_count(header);
  const auto refuse_at = [&](std::size_t at, const std::string& got) {
    refuse({.path = {},
            .code = ViolationCode::structure,
            .expected = counted(elements, "string") + ", as the shape " + text(header.dims()) +
                        " has, each after 4 bytes of its length",
            .got = got,
            .offset = static_cast<std::int64_t>(offset + at)},
           path);
    return std::nullopt;
  };
  if (elements > bytes.size() / kLengthBytes) return refuse_at(0, counted(bytes.size(), "byte"));
  if (!take_memory(header, elements * (kStringBytes + kOwnStringBytes) + bytes.size(), path)) return std::nullopt;
  const auto dims = header.dims();
  DecodedTensor out{.dtype = DType::string, .dims = {dims.begin(), dims.end()}};
  out.strings.reserve(elements);
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < elements; ++i) {
    if (bytes.size() - at < kLengthBytes) return refuse_at(at, counted(i, "string"));
    // Read once: someone may change it meanwhile.
    const std::uint32_t length = length_at(bytes.data() + at);
    if (length > bytes.size() - at - kLengthBytes) {
      return refuse_at(at, "a length of " + counted(length, "byte") + ", " +
                               std::to_string(bytes.size() - at - kLengthBytes) + " are left");
    }
    out.strings.push_back(bytes.substr(at + kLengthBytes, length));
    at += kLengthBytes + length;
  }
  if (at != bytes.size()) return refuse_at(at, counted(bytes.size() - at, "byte") + " more");
  return out;
}

std::optional<DecodedTensor> InferTensors::from_contents(const TensorHeader& header, const std::string& path) {
  const DType dtype = *header.dtype();
  const std::uint32_t stored = contents_of(dtype);
  const auto refuse_structure = [&](const std::string& expected, const std::string& got) {
    refuse({.path = {},
            .code = ViolationCode::structure,
            .expected = expected,
            .got = got,
            .offset = static_cast<std::int64_t>(header.offset)},
           path);
    return std::nullopt;
  };
  const std::uint32_t other =
      header.values_field != 0 && header.values_field != stored ? header.values_field : header.other_field;
  if (other != 0) {
    const std::string want(stored == 0 ? "raw_input_contents" : contents_name(stored));
    return refuse_structure("values of " + std::string(name(dtype)) + " in " + want,
                            "values in " + std::string(contents_name(other)));
  }
  if (header.count != element_count(header)) {
    return refuse_structure(values_text(header), header.count == 0 ? "none" : std::to_string(header.count));
  }
  if (stored != 0 && is_out_of_range(header)) {
    Violation violation = violation_of(TensorFault::out_of_range, header, limits_);
    violation.hint.reset();
    violation.index = index_of(static_cast<std::uint64_t>(violation.index->front()), header.dims());
    refuse(std::move(violation), path);
    return std::nullopt;
  }
  if (!take_memory(header, decoded_bytes(header), path)) return std::nullopt;
  return decode_tensor(header);
}

}  // namespace tensorgate::serving
