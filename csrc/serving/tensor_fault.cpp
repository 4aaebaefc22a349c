#include "serving/tensor_fault.h"

#include <algorithm>

#include "core/text.h"
#include "serving/values_walk.h"

namespace tensorgate::serving {
namespace {

// Bytes of an element in memory; a string takes a pointer.
std::uint64_t bytes_of_element(DType dtype) { return dtype == DType::string ? sizeof(void*) : item_size(dtype); }

constexpr auto kStorage = [] {
  std::array<Storage, kDTypes> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = storage(static_cast<DType>(i));
  return out;
}();

Storage storage_of(const TensorHeader& header) {
  return header.wire_dtype < kStorage.size() ? kStorage[header.wire_dtype] : kStorage[0];
}

struct Count {
  std::int64_t elements;
  bool is_addressable;  // in bytes; the dimensions that are not zero must be, too
  bool has_negative;
};

// No divisions: they would take longer than the rest of a check.
Count count_elements(std::span<const std::int64_t> dims, std::uint64_t element) {
  std::int64_t bytes = static_cast<std::int64_t>(element);
  std::int64_t signs = 0;
  bool has_zero = false;
  bool overflows = false;
  std::int64_t elements = 1;
  for (const std::int64_t size : dims) {
    signs |= size;
    has_zero |= size == 0;
    const std::int64_t factor = size == 0 ? 1 : size;
    overflows |= __builtin_mul_overflow(bytes, factor, &bytes);
    elements = static_cast<std::int64_t>(static_cast<std::uint64_t>(elements) * static_cast<std::uint64_t>(factor));
  }
  return {has_zero ? 0 : elements, !overflows, signs < 0};
}

struct Range {
  std::int64_t lowest;
  std::int64_t highest;
};

// What the numbers of a varint field may be, where that is less than the field holds.
std::optional<Range> range_of(DType dtype, std::uint32_t from) {
  if (from == field::half_val) return Range{0, 0xFFFF};
  if (from == field::uint32_val) return Range{0, UINT32_MAX};
  if (from != field::int_val) return std::nullopt;
  const int bits = bits_of(dtype);
  if (is_unsigned(dtype)) return Range{0, (std::int64_t{1} << bits) - 1};
  return Range{-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1};
}

struct NumberFound {
  std::uint64_t position = 0;
  std::int64_t number = 0;
  std::uint64_t count = 0;
};

// Numbers that protobuf or TensorFlow would cut to fewer bits.
NumberFound find_out_of_range(const TensorHeader& header, Range range, bool all) {
  NumberFound found;
  std::uint64_t position = 0;
  for_each_number(header, Storage::Form::varint, [&](std::uint64_t bits) {
    const auto number = static_cast<std::int64_t>(bits);
    if (number < range.lowest || number > range.highest) [[unlikely]] {
      if (found.count++ == 0) found = {position, number, 1};
      if (!all) return false;
    }
    ++position;
    return true;
  });
  return found;
}

bool has_bool_byte(std::string_view content) {
  std::uint8_t any = 0;
  for (const char byte : content) any |= static_cast<std::uint8_t>(byte);
  return any > 1;
}

TensorFault find_fault_of_strings(const TensorHeader& header, std::uint64_t elements, const Limits& limits) {
  if (!header.content.empty()) {
    return for_each_content_string(header.content, elements, [](std::string_view) {}) ? TensorFault::none
                                                                                      : TensorFault::strings;
  }
  if (header.count > elements) return TensorFault::surplus_values;
  if (elements > 0 && header.count == 0) return TensorFault::no_values;
  if (header.count < elements) {
    std::uint64_t length = 0;
    for_each_string(header, [&](std::string_view text) { length = text.size(); });
    // The last one is repeated.
    if (length > 0 && elements - header.count > limits.max_tensor_bytes / length) return TensorFault::too_large;
  }
  return TensorFault::none;
}

[[gnu::always_inline]] inline TensorFault find_shape_fault(const TensorHeader& header, const Limits& limits,
                                                           std::uint64_t& elements) {
  if (storage_of(header).field == 0) return TensorFault::dtype;
  if (header.unknown_rank) return TensorFault::unknown_rank;
  if (header.rank > std::min(limits.max_rank, kMaxRank)) return TensorFault::rank;
  const std::uint64_t element = bytes_of_element(*header.dtype());
  const Count count = count_elements(header.dims(), element);
  if (count.has_negative) return TensorFault::negative_size;
  elements = static_cast<std::uint64_t>(count.elements);
  if (!count.is_addressable || elements * element > limits.max_tensor_bytes) return TensorFault::too_large;
  return TensorFault::none;
}

}  // namespace

std::uint64_t element_count(const TensorHeader& header) {
  std::uint64_t out = 1;
  for (const std::int64_t size : header.dims()) out *= static_cast<std::uint64_t>(size);
  return out;
}

TensorFault find_shape_fault(const TensorHeader& header, const Limits& limits) {
  std::uint64_t elements = 0;
  return find_shape_fault(header, limits, elements);
}

bool is_out_of_range(const TensorHeader& header) {
  const Storage stored = storage_of(header);
  if (stored.form != Storage::Form::varint) return false;
  const auto range = range_of(*header.dtype(), stored.field);
  return range && find_out_of_range(header, *range, false).count > 0;
}

TensorFault find_fault(const TensorHeader& header, const Limits& limits) {
  std::uint64_t elements = 0;
  const TensorFault fault = find_shape_fault(header, limits, elements);
  if (fault != TensorFault::none) return fault;
  const std::optional<DType> dtype = header.dtype();
  const Storage stored = storage_of(header);
  const std::uint64_t element = bytes_of_element(*dtype);
  const bool has_other = header.values_field != 0 && header.values_field != stored.field;
  if (has_other || header.other_field != 0) return TensorFault::other_field;
  if (!header.content.empty() && header.values_field != 0) return TensorFault::content_and_values;
  if (*dtype == DType::string) return find_fault_of_strings(header, elements, limits);
  if (!header.content.empty()) {
    if (header.content.size() != elements * element) return TensorFault::content_length;
    return *dtype == DType::boolean && has_bool_byte(header.content) ? TensorFault::bool_byte : TensorFault::none;
  }
  if (header.count % stored.parts != 0) return TensorFault::half_number;
  if (header.count / stored.parts > elements) return TensorFault::surplus_values;
  if (elements > 0 && header.count == 0) return TensorFault::no_values;
  return is_out_of_range(header) ? TensorFault::out_of_range : TensorFault::none;
}

Violation violation_of(TensorFault fault, const TensorHeader& header, const Limits& limits) {
  Violation out{.path = {}, .code = ViolationCode::structure, .offset = static_cast<std::int64_t>(header.offset)};
  const std::optional<DType> dtype = header.dtype();
  const Storage stored = storage_of(header);
  const auto say = [&](ViolationCode code, std::optional<std::string> expected, std::optional<std::string> got,
                       std::optional<std::string> hint = std::nullopt) {
    out.code = code;
    out.expected = std::move(expected);
    out.got = std::move(got);
    out.hint = std::move(hint);
    return out;
  };
  const auto counted = [](std::uint64_t count, const std::string& noun) {
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
  };
  const auto values = [&](std::uint64_t count, std::string_view where) {
    return counted(count, "value") + " in " + std::string(where);
  };
  const auto elements = [&](const char* noun) {
    return counted(element_count(header), noun) + ", as the shape " + text(header.dims()) + " has";
  };
  switch (fault) {
    case TensorFault::none:
      break;
    case TensorFault::dtype: {
      const bool reference = header.wire_dtype > 100 && dtype_from_wire(header.wire_dtype - 100);
      const std::string got = dtype       ? std::string(name(*dtype))
                              : reference ? std::string(name(*dtype_from_wire(header.wire_dtype - 100))) + "_ref"
                                          : "DataType " + std::to_string(header.wire_dtype);
      return say(ViolationCode::dtype, "numbers or strings", got,
                 header.wire_dtype == 0 ? std::optional<std::string>("set the tensor's dtype") : std::nullopt);
    }
    case TensorFault::unknown_rank:
      return say(ViolationCode::rank, "a known rank", "unknown_rank",
                 header.rank == 0 ? std::optional<std::string>("TensorFlow would read a scalar") : std::nullopt);
    case TensorFault::rank:
      return say(ViolationCode::too_large,
                 "at most " + std::to_string(std::min(limits.max_rank, kMaxRank)) + " dimensions",
                 std::to_string(header.rank));
    case TensorFault::negative_size:
      return say(ViolationCode::dim, "sizes from 0 on", text(header.dims()));
    case TensorFault::too_large:
      return say(ViolationCode::too_large, "a tensor of at most " + std::to_string(limits.max_tensor_bytes) + " bytes",
                 std::string(name(*dtype)) + " " + text(header.dims()));
    case TensorFault::other_field: {
      const std::uint32_t wrong = header.values_field != stored.field ? header.values_field : header.other_field;
      return say(ViolationCode::structure,
                 "values of " + std::string(name(*dtype)) + " in " + std::string(values_field_name(stored.field)),
                 "values in " + std::string(values_field_name(wrong)), "TensorFlow would not read these");
    }
    case TensorFault::content_and_values:
      return say(ViolationCode::structure, "tensor_content or " + std::string(values_field_name(stored.field)), "both",
                 "TensorFlow would ignore the latter");
    case TensorFault::content_length:
      return say(ViolationCode::structure,
                 counted(element_count(header) * bytes_of_element(*dtype), "byte") + " in tensor_content",
                 std::to_string(header.content.size()));
    case TensorFault::strings:
      return say(ViolationCode::structure, elements("string"), "other bytes in tensor_content",
                 "put them into string_val");
    case TensorFault::bool_byte:
      return say(ViolationCode::not_representable, "bytes 0 and 1 in tensor_content of bool", "another byte");
    case TensorFault::no_values:
      return say(ViolationCode::structure, elements("value"), "none",
                 *dtype == DType::string ? "TensorFlow would read empty strings" : "TensorFlow would read zeros");
    case TensorFault::surplus_values:
      return say(ViolationCode::structure, elements("value"),
                 values(header.count / stored.parts, values_field_name(stored.field)),
                 "TensorFlow would drop the last ones");
    case TensorFault::half_number:
      return say(ViolationCode::structure, "two values an element",
                 values(header.count, values_field_name(stored.field)));
    case TensorFault::out_of_range: {
      const NumberFound found = find_out_of_range(header, *range_of(*dtype, stored.field), true);
      out.count = static_cast<std::int64_t>(found.count);
      out.index = {{static_cast<std::int64_t>(found.position)}};
      return say(ViolationCode::not_representable, std::string(name(*dtype)), std::to_string(found.number),
                 "TensorFlow would keep its last bits");
    }
  }
  return out;
}

}  // namespace tensorgate::serving
