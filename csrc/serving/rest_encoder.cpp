#include "serving/rest_encoder.h"

#include <cstring>

namespace tensorgate::serving {
namespace {

constexpr std::string_view kSignatureName = R"("signature_name":)";

char* append(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

std::string key_of(std::string_view name) {
  std::string out(max_json_string(name.size()) + 1, '\0');
  char* end = write_json_text(out.data(), name);
  *end++ = ':';
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

}  // namespace

RestEncoder::RestEncoder(Format format, std::string_view signature_name, std::span<const OutgoingTensor> tensors,
                         bool is_lone)
    : format_(format), signature_name_(signature_name), tensors_(tensors) {
  writers_.reserve(tensors.size());
  for (const OutgoingTensor& tensor : tensors) {
    writers_.emplace_back(tensor);
    if (!is_lone) keys_.push_back(key_of(tensor.name));
  }
}

std::uint64_t RestEncoder::max_size() const {
  constexpr std::uint64_t kFrame = 64;  // braces and the names of the members
  const std::uint64_t rows =
      format_ == Format::row ? static_cast<std::uint64_t>(tensors_.front().elements.dims.front()) : 1;
  std::uint64_t size = kFrame + kSignatureName.size() + max_json_string(signature_name_.size());
  std::uint64_t row = 3;  // braces and a comma
  for (const std::string& key : keys_) row += key.size() + 1;
  for (const JsonTensorWriter& writer : writers_) size += writer.max_size();
  return size + rows * row + JsonTensorWriter::kSlack;
}

char* RestEncoder::write(char* out) const {
  *out++ = '{';
  if (!signature_name_.empty()) {
    out = write_json_text(append(out, kSignatureName), signature_name_);
    *out++ = ',';
  }
  if (format_ == Format::columnar) {
    out = append(out, R"("inputs":)");
    out = write_tensors(out, [](char* to, const JsonTensorWriter& writer) { return writer.write(to); });
  } else {
    out = append(out, R"("instances":[)");
    const std::int64_t rows = tensors_.front().elements.dims.front();
    for (std::int64_t row = 0; row < rows; ++row) {
      if (row > 0) *out++ = ',';
      out = write_tensors(out, [row](char* to, const JsonTensorWriter& writer) { return writer.write_row(to, row); });
    }
    *out++ = ']';
  }
  *out++ = '}';
  return out;
}

template <class WriteTensor>
char* RestEncoder::write_tensors(char* out, WriteTensor write_tensor) const {
  if (keys_.empty() && !writers_.empty()) return write_tensor(out, writers_.front());
  *out++ = '{';
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (i > 0) *out++ = ',';
    out = write_tensor(append(out, keys_[i]), writers_[i]);
  }
  *out++ = '}';
  return out;
}

}  // namespace tensorgate::serving
