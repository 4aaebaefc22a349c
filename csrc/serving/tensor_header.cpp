#include "serving/tensor_header.h"

namespace tensorgate::serving {
namespace {

using Form = Storage::Form;

// By field number, from float_val on.
constexpr std::array<std::string_view, 14> kFieldNames{
    "float_val",   "double_val", "int_val",      "string_val", "scomplex_val",
    "int64_val",   "bool_val",   "dcomplex_val", "half_val",   "resource_handle_val",
    "variant_val", "uint32_val", "uint64_val",   "float8_val"};

bool is_values_field(std::uint32_t number) { return number >= field::float_val && number <= field::float8_val; }

Form form_of(std::uint32_t number) {
  switch (number) {
    case field::float_val:
    case field::scomplex_val:
      return Form::fixed32;
    case field::double_val:
    case field::dcomplex_val:
      return Form::fixed64;
    case field::string_val:
    case field::resource_handle_val:
    case field::variant_val:
    case field::float8_val:
      return Form::bytes;
    default:
      return Form::varint;
  }
}

WireType single_type(Form form) {
  switch (form) {
    case Form::fixed32:
      return WireType::fixed32;
    case Form::fixed64:
      return WireType::fixed64;
    case Form::varint:
      return WireType::varint;
    case Form::bytes:
      return WireType::length;
  }
  return WireType::length;
}

void read_dim(SpanReader& wire, std::int64_t& size) {
  wire.nested([&](Field f) {
    if (f.is(1, WireType::varint)) {
      size = static_cast<std::int64_t>(wire.varint());
    } else if (f.is(2, WireType::length)) {
      wire.utf8("a dimension's name");
    } else {
      wire.skip(f);
    }
  });
}

// Read twice, the dims concatenate, as protobuf's do.
void read_shape(SpanReader& wire, TensorHeader& out) {
  wire.nested([&](Field f) {
    if (f.is(2, WireType::length)) {
      std::int64_t size = 0;
      read_dim(wire, size);
      if (out.rank < kMaxRank) out.sizes[out.rank] = size;
      ++out.rank;
    } else if (f.is(3, WireType::varint)) {
      out.unknown_rank = wire.varint() != 0;
    } else {
      wire.skip(f);
    }
  });
}

// How many numbers a packed run holds.
std::uint64_t count_packed(SpanReader& wire, Form form, std::uint64_t length) {
  if (form != Form::varint) {
    const std::uint64_t width = form == Form::fixed32 ? 4 : 8;
    if (length % width != 0) [[unlikely]] {
      wire.fail("a packed run of " + std::to_string(length) + " bytes holds no whole number of values");
    }
    wire.source().skip(length);
    return length / width;
  }
  const std::uint64_t end = wire.position() + length;
  std::uint64_t count = 0;
  for (; wire.position() < end; ++count) {
    const std::uint64_t start = wire.position();
    wire.varint();
    if (wire.position() > end) [[unlikely]]
      wire.fail_at(start, "a number runs past the end of its packed run");
  }
  return count;
}

void add_values(std::uint32_t number, std::uint64_t count, std::string_view run, bool is_run, TensorHeader& out) {
  if (count == 0) return;
  if (out.values_field == 0) {
    out.values_field = number;
    out.count = count;
    out.run = run;
    out.is_one_run = is_run;
  } else if (out.values_field == number) {
    out.count += count;
    out.is_one_run = false;
  } else {
    out.other_field = number;
  }
}

void read_values(SpanReader& wire, Field f, TensorHeader& out) {
  const bool is_message = f.number == field::resource_handle_val || f.number == field::variant_val;
  if (!is_message || f.type != WireType::length) return read_repeated(wire, f, form_of(f.number), out);
  wire.skip_message();
  add_values(f.number, 1, {}, false, out);
}

}  // namespace

void read_repeated(SpanReader& wire, Field f, Form form, TensorHeader& out) {
  const bool is_packed = form != Form::bytes && f.type == WireType::length;
  if (!is_packed && f.type != single_type(form)) return wire.skip(f);
  std::uint64_t count = 1;
  std::string_view run;
  if (is_packed) {
    const std::uint64_t length = wire.length();
    run = {wire.source().data(), length};
    count = count_packed(wire, form, length);
  } else {
    wire.skip(f);
  }
  add_values(f.number, count, run, is_packed, out);
}

std::string_view values_field_name(std::uint32_t field) {
  return is_values_field(field) ? kFieldNames[field - field::float_val] : std::string_view();
}

void read_tensor_header(std::string_view body, std::uint64_t offset, TensorHeader& out, int depth) {
  out.body = body;
  out.offset = offset;
  std::string_view float8;  // no repeated field: the last one wins
  SpanReader wire(body, offset, depth);
  wire.message([&](Field f) {
    if (f.is(1, WireType::varint)) {
      out.wire_dtype = static_cast<std::uint32_t>(wire.varint());  // an enum has 32 bits
    } else if (f.is(2, WireType::length)) {
      read_shape(wire, out);
    } else if (f.is(4, WireType::length)) {
      out.content = wire.bytes();
    } else if (f.is(field::float8_val, WireType::length)) {
      float8 = wire.bytes();
    } else if (is_values_field(f.number)) {
      read_values(wire, f, out);
    } else {
      wire.skip(f);
    }
  });
  if (!float8.empty()) add_values(field::float8_val, float8.size(), float8, true, out);
}

}  // namespace tensorgate::serving
