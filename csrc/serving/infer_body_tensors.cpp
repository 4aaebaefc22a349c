#include <algorithm>
#include <utility>

#include "core/shape.h"
#include "core/text.h"
#include "serving/infer_body.h"
#include "serving/tensor_fault.h"

namespace tensorgate::serving {
namespace {

void set_shape(const std::vector<std::int64_t>& dims, std::uint64_t offset, TensorHeader& out) {
  out.offset = offset;
  out.rank = dims.size();
  std::copy_n(dims.begin(), std::min(dims.size(), kMaxRank), out.sizes.begin());
}

// An empty list says nothing of the sizes within.
bool is_nested_as(const std::vector<std::int64_t>& want, const std::vector<std::int64_t>& got) {
  if (got.size() > want.size() || !std::equal(got.begin(), got.end(), want.begin())) return false;
  return got.size() == want.size() || got.back() == 0;
}

}  // namespace

std::optional<std::uint64_t> InferBody::offset_of(std::size_t input, std::uint64_t position) const {
  if (!inputs_[input].data) return std::nullopt;
  JsonCursor json = *inputs_[input].data;
  for (;;) {
    const char c = json.next();
    if (c == '[' || c == ']' || c == ',') {
      json.move_to(json.at() + 1);
    } else if (position-- == 0) {
      return json.offset();
    } else {
      json.skip_value();
    }
  }
}

bool InferBody::is_whole(const Input& input, const std::string& path, std::uint64_t offset) {
  const std::size_t before = out_.size();
  const auto require = [&](bool is_there, std::string_view member, const std::string& expected) {
    if (!is_there) add(at(path, member), ViolationCode::missing, expected, "", offset);
  };
  require(input.name.has_value(), "name", "the input's name");
  require(input.datatype.has_value(), "datatype", "FP32, INT64, BYTES, ...");
  require(input.dims.has_value(), "shape", "a list of whole numbers");
  require(input.data || input.binary_size, "data", "a list of values, or binary_data_size in the parameters");
  return out_.size() == before;
}

std::optional<DecodedTensor> InferBody::tensor_of(Input& input, const std::string& path, std::uint64_t offset) {
  TensorHeader header;
  set_shape(*input.dims, offset, header);
  if (!tensors_.describe(*input.datatype, header, path)) return std::nullopt;
  if (input.data && input.binary_size) {
    add(path, ViolationCode::structure, "data or binary_data_size", "both", offset);
    return std::nullopt;
  }
  if (!input.data) {
    input.awaits_bytes = true;
    return std::nullopt;
  }
  if (!input.is_read) {
    JsonCursor json = *input.data;
    read_values(json, *header.dtype(), input, path);
  }
  if (!input.values) return std::nullopt;
  std::vector<std::int64_t>& got = input.values->dims;
  const bool is_flat = got.size() == 1 && static_cast<std::uint64_t>(got[0]) == element_count(header);
  if (!is_flat && !is_nested_as(*input.dims, got)) {
    JsonCursor json = *input.data;
    json.skip_space();
    add(path, ViolationCode::structure, values_text(header),
        got.size() == 1 ? std::to_string(got[0]) : "lists of the shape " + text(got), json.offset());
    return std::nullopt;
  }
  got = *input.dims;
  return std::move(input.values);
}

// Once for each input.
void InferBody::read_values(JsonCursor& json, DType dtype, Input& input, const std::string& path) {
  input.is_read = true;
  if (json.next() != '[') {
    const std::uint64_t offset = json.offset();
    const std::string got = json.value_text();
    json.skip_value();
    return add(path, ViolationCode::structure, "a list of values", got, offset);
  }
  if (dtype == DType::bfloat16) {
    const std::uint64_t offset = json.offset();
    json.skip_value();
    return add(path, ViolationCode::unsupported, "BF16 as binary data", "JSON", offset);
  }
  JsonTensor values(dtype, kernels_, limits_, tensors_.bytes(), out_, false);
  place_ = path;
  try {
    values.read(json, {.root = path});
  } catch (const BadJson&) {
    place_ += values.index_text();
    throw;
  }
  if (values.good()) input.values = values.take(std::nullopt);
}

void InferBody::read_binary() {
  std::size_t at = json_.offset();
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    const Input& input = inputs_[i];
    if (!input.binary_size) continue;
    InferInput& out = request_.inputs[i];
    if (*input.binary_size > body_.size() - at) {
      add(out.path, ViolationCode::structure, counted(*input.binary_size, "byte") + " of binary data",
          std::to_string(body_.size() - at), at);
      return;
    }
    const auto size = static_cast<std::size_t>(*input.binary_size);
    if (input.awaits_bytes) {
      TensorHeader header;
      set_shape(*input.dims, out.offset, header);
      header.wire_dtype = static_cast<std::uint32_t>(*dtype_from_infer(*input.datatype));
      out.tensor = tensors_.from_raw(header, body_.substr(at, size), at, out.path);
    }
    at += size;
  }
  if (at != body_.size()) {
    add("request", ViolationCode::malformed, "the end", counted(body_.size() - at, "byte") + " more", at);
  }
}

}  // namespace tensorgate::serving
