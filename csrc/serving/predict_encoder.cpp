#include "serving/predict_encoder.h"

#include <algorithm>
#include <bit>
#include <string>

#include "core/errors.h"
#include "core/strided_copy.h"
#include "serving/tensor_header.h"

namespace tensorgate::serving {
namespace {

static_assert(std::endian::native == std::endian::little, "tensor_content is little-endian");

constexpr std::uint64_t kMaxMessage = INT32_MAX;  // protobuf's

// Fields, as in tensor.proto, tensor_shape.proto, predict.proto and model.proto.
namespace tensor_field {
constexpr std::uint32_t dtype = 1, shape = 2, content = 4;
}
namespace shape_field {
constexpr std::uint32_t dim = 2, size = 1;
}
namespace model_field {
constexpr std::uint32_t name = 1, version = 2, signature_name = 3, version_label = 4, version_value = 1;
}
constexpr std::uint32_t kOutputFilter = 3, kMapKey = 1, kMapValue = 2;

void require_message(std::uint64_t bytes) {
  if (bytes <= kMaxMessage) return;
  throw InvalidInput("a message of more than " + std::to_string(kMaxMessage) + " bytes, which protobuf does not hold");
}

// protobuf leaves out a number that is zero.
std::uint64_t optional_number_size(std::uint32_t field, std::uint64_t value) {
  return value == 0 ? 0 : number_size(field, value);
}
std::uint64_t optional_length_size(std::uint32_t field, std::uint64_t bytes) {
  return bytes == 0 ? 0 : length_size(field, bytes);
}

void optional_number(ProtoWriter& out, std::uint32_t field, std::uint64_t value) {
  if (value != 0) out.number(field, value);
}
void optional_bytes(ProtoWriter& out, std::uint32_t field, std::string_view value) {
  if (!value.empty()) out.bytes(field, value);
}

std::uint64_t dim_size(std::int64_t dim) {
  return optional_number_size(shape_field::size, static_cast<std::uint64_t>(dim));
}

// Of the numbers, however many a tensor that repeats its memory says it has.
std::uint64_t content_size(const StridedTensor& tensor) {
  if (std::find(tensor.dims.begin(), tensor.dims.end(), 0) != tensor.dims.end()) return 0;
  std::uint64_t bytes = item_size(tensor.dtype);
  for (const std::int64_t dim : tensor.dims) {
    if (static_cast<std::uint64_t>(dim) > kMaxMessage / bytes) require_message(kMaxMessage + 1);
    bytes *= static_cast<std::uint64_t>(dim);
  }
  return bytes;
}

// NumPy takes any byte but 0 as true, TensorFlow refuses all but 0 and 1.
void make_plain_bools(char* bytes, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(bytes[i] != 0);
}

}  // namespace

TensorProtoEncoder::TensorProtoEncoder(const OutgoingTensor& tensor) : tensor_(&tensor) {
  const StridedTensor& elements = tensor.elements;
  for (const std::int64_t dim : elements.dims) shape_ += length_size(shape_field::dim, dim_size(dim));
  size_ = number_size(tensor_field::dtype, static_cast<std::uint64_t>(elements.dtype)) +
          length_size(tensor_field::shape, shape_);
  if (elements.dtype == DType::string) {
    for (const std::string_view text : tensor.strings) size_ += length_size(field::string_val, text.size());
  } else {
    content_ = content_size(elements);
    size_ += optional_length_size(tensor_field::content, content_);
  }
  require_message(size_);
}

void TensorProtoEncoder::write(ProtoWriter& out) const {
  const StridedTensor& elements = tensor_->elements;
  out.number(tensor_field::dtype, static_cast<std::uint64_t>(elements.dtype));
  out.length(tensor_field::shape, shape_);
  for (const std::int64_t dim : elements.dims) {
    out.length(shape_field::dim, dim_size(dim));
    optional_number(out, shape_field::size, static_cast<std::uint64_t>(dim));
  }
  for (const std::string_view text : tensor_->strings) out.bytes(field::string_val, text);
  if (content_ == 0) return;
  out.length(tensor_field::content, content_);
  char* content = out.skip(content_);
  if (elements.strides == nullptr) {
    std::memcpy(content, elements.data, content_);
  } else {
    copy_elements(elements, content, row_major_strides(elements.dims, item_size(elements.dtype)));
  }
  if (elements.dtype == DType::boolean) make_plain_bools(content, content_);
}

PredictEncoder::PredictEncoder(const PredictLayout& layout, const ModelSpec& model,
                               std::span<const OutgoingTensor> tensors, std::span<const std::string_view> output_filter)
    : layout_(layout), model_(model), output_filter_(output_filter) {
  model_size_ = optional_length_size(model_field::name, model.name.size()) +
                optional_length_size(model_field::signature_name, model.signature_name.size());
  if (model.version) model_size_ += length_size(model_field::version, version_size());
  // Of a choice protobuf writes empty values, too.
  if (model.version_label) model_size_ += length_size(model_field::version_label, model.version_label->size());
  size_ = optional_length_size(layout.model_spec, model_size_);
  for (const std::string_view name : output_filter) size_ += length_size(kOutputFilter, name.size());
  tensors_.reserve(tensors.size());
  for (const OutgoingTensor& tensor : tensors) {
    const TensorProtoEncoder& encoder = tensors_.emplace_back(tensor);
    size_ +=
        length_size(layout.tensors, length_size(kMapKey, tensor.name.size()) + length_size(kMapValue, encoder.size()));
    require_message(size_);
  }
}

std::uint64_t PredictEncoder::version_size() const {
  return optional_number_size(model_field::version_value, static_cast<std::uint64_t>(*model_.version));
}

char* PredictEncoder::write(char* to) const {
  ProtoWriter out(to);
  // protobuf writes fields in the order of their numbers.
  if (layout_.model_spec < layout_.tensors) {
    write_model(out);
    write_tensors(out);
  } else {
    write_tensors(out);
    write_model(out);
  }
  for (const std::string_view name : output_filter_) out.bytes(kOutputFilter, name);
  return out.end();
}

void PredictEncoder::write_model(ProtoWriter& out) const {
  if (model_size_ == 0) return;
  out.length(layout_.model_spec, model_size_);
  optional_bytes(out, model_field::name, model_.name);
  if (model_.version) {
    out.length(model_field::version, version_size());
    optional_number(out, model_field::version_value, static_cast<std::uint64_t>(*model_.version));
  }
  optional_bytes(out, model_field::signature_name, model_.signature_name);
  if (model_.version_label) out.bytes(model_field::version_label, *model_.version_label);
}

void PredictEncoder::write_tensors(ProtoWriter& out) const {
  for (const TensorProtoEncoder& tensor : tensors_) {
    out.length(layout_.tensors, length_size(kMapKey, tensor.name().size()) + length_size(kMapValue, tensor.size()));
    out.bytes(kMapKey, tensor.name());
    out.length(kMapValue, tensor.size());
    tensor.write(out);
  }
}

}  // namespace tensorgate::serving
