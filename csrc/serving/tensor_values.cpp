#include "serving/tensor_values.h"

#include <algorithm>
#include <cstring>

#include "serving/tensor_fault.h"
#include "serving/values_walk.h"

namespace tensorgate::serving {
namespace {

// Puts one number after another, `width` bytes of each. Not past the end, even where someone changes the bytes on the
// wire since they were counted.
template <std::size_t width>
void put_numbers(const TensorHeader& header, Storage::Form form, bool is_bool, std::byte* out, const std::byte* end) {
  for_each_number(header, form, [&](std::uint64_t number) {
    if (out == end) [[unlikely]]
      return false;
    if (is_bool) number = number != 0;
    std::memcpy(out, &number, width);
    out += width;
    return true;
  });
}

void put_numbers(const TensorHeader& header, Storage stored, std::size_t width, bool is_bool, std::byte* out,
                 const std::byte* end) {
  const bool lies_as_in_memory = stored.form != Storage::Form::varint && header.is_one_run;
  if (lies_as_in_memory) {
    std::memcpy(out, header.run.data(), header.run.size());
  } else if (width == 1) {
    put_numbers<1>(header, stored.form, is_bool, out, end);
  } else if (width == 2) {
    put_numbers<2>(header, stored.form, is_bool, out, end);
  } else if (width == 4) {
    put_numbers<4>(header, stored.form, is_bool, out, end);
  } else {
    put_numbers<8>(header, stored.form, is_bool, out, end);
  }
}

// Repeats the last `element` bytes of what is there, which doubles each time.
void repeat_last(std::byte* data, std::size_t there, std::size_t element, std::size_t all) {
  if (there == 0) {
    std::fill_n(data, all, std::byte{0});
    return;
  }
  const std::byte* last = data + there - element;
  std::size_t repeated = element;
  while (there < all) {
    const std::size_t next = std::min(repeated, all - there);
    std::memcpy(data + there, last, next);
    there += next;
    repeated += next;
  }
}

DecodedTensor decode_strings(const TensorHeader& header, DecodedTensor out) {
  const std::uint64_t elements = element_count(header);
  out.strings.reserve(elements);
  const auto add = [&](std::string_view text) { out.strings.push_back(text); };
  if (header.content.empty()) {
    for_each_string(header, add);
  } else {
    for_each_content_string(header.content, elements, add);
  }
  out.strings.resize(elements, out.strings.empty() ? std::string_view() : out.strings.back());
  return out;
}

}  // namespace

std::uint64_t decoded_bytes(const TensorHeader& header) {
  if (*header.dtype() == DType::string) {
    const std::uint64_t elements = element_count(header);
    const std::uint64_t own = header.content.empty() ? header.count : elements;  // the others are the last one again
    return elements * kStringBytes + own * kOwnStringBytes + header.body.size();
  }
  return header.content.empty() ? element_count(header) * item_size(*header.dtype()) : 0;
}

DecodedTensor decode_tensor(const TensorHeader& header) {
  const DType dtype = *header.dtype();
  const auto dims = header.dims();
  DecodedTensor out{.dtype = dtype, .dims = {dims.begin(), dims.end()}};
  if (dtype == DType::string) return decode_strings(header, std::move(out));
  if (!header.content.empty()) {
    out.view = header.content;
    return out;
  }
  const Storage stored = storage(dtype);
  const std::size_t element = item_size(dtype);
  const std::size_t all = element_count(header) * element;
  out.numbers.resize(all);
  put_numbers(header, stored, element / stored.parts, dtype == DType::boolean, out.numbers.data(),
              out.numbers.data() + all);
  repeat_last(out.numbers.data(), header.count / stored.parts * element, element, all);
  return out;
}

bool values_match(const TensorHeader& header, const ElementPlan& rules) {
  if (rules.scan && !header.content.empty()) {
    return rules.scan->passes({*header.dtype(), header.content.data(), header.dims()});
  }
  const DecodedTensor tensor = decode_tensor(header);
  if (rules.scan) return rules.scan->passes({tensor.dtype, tensor.data(), tensor.dims});
  return std::none_of(tensor.strings.begin(), tensor.strings.end(),
                      [&](std::string_view text) { return broken_rule(rules.rules, text).has_value(); });
}

}  // namespace tensorgate::serving
