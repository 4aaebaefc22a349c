#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "serving/model_spec.h"
#include "serving/outgoing_tensor.h"
#include "serving/predict_message.h"
#include "serving/proto_writer.h"

namespace tensorgate::serving {

// Numbers are written as tensor_content, a byte each where they have fewer than 8 bits, which TensorFlow reads for
// every dtype; strings as string_val.
class TensorProtoEncoder {
 public:
  // Throws InvalidInput where it is larger than a message can be.
  explicit TensorProtoEncoder(const OutgoingTensor& tensor);

  std::uint64_t size() const { return size_; }
  void write(ProtoWriter& out) const;
  std::string_view name() const { return tensor_->name; }

 private:
  const OutgoingTensor* tensor_;
  std::uint64_t shape_ = 0;  // bytes of each part
  std::uint64_t content_ = 0;
  std::uint64_t size_ = 0;
};

// A PredictRequest or PredictResponse, its tensors in the order that they are given in: the size first, so that it is
// written where it stays. Refers to what it is given. An empty name is left out.
class PredictEncoder {
 public:
  // Throws InvalidInput where it is larger than a message can be.
  PredictEncoder(const PredictLayout& layout, const ModelSpec& model, std::span<const OutgoingTensor> tensors,
                 std::span<const std::string_view> output_filter);

  std::uint64_t size() const { return size_; }
  // Returns where it ends.
  char* write(char* out) const;

 private:
  std::uint64_t version_size() const;
  void write_model(ProtoWriter& out) const;
  void write_tensors(ProtoWriter& out) const;

  const PredictLayout& layout_;
  const ModelSpec& model_;
  std::span<const std::string_view> output_filter_;
  std::vector<TensorProtoEncoder> tensors_;
  std::uint64_t model_size_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace tensorgate::serving
