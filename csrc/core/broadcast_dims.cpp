#include "core/broadcast_dims.h"

#include <algorithm>

namespace tensorgate {

BroadcastDims::BroadcastDims(std::span<const std::int64_t> dims)
    : dims_(std::find_if(dims.begin(), dims.end(), [](std::int64_t dim) { return dim != 1; }), dims.end()) {}

bool BroadcastDims::repeats_whole() const { return std::find(dims_.begin(), dims_.end(), 1) == dims_.end(); }

std::size_t BroadcastDims::at(std::int64_t first, std::span<const std::int64_t> tensor_dims) const {
  std::int64_t out = 0;
  std::int64_t stride = 1;
  for (std::size_t i = 1; i <= dims_.size(); ++i) {
    const std::int64_t dim = dims_[dims_.size() - i];
    const std::int64_t tensor_dim = tensor_dims[tensor_dims.size() - i];
    if (dim != 1) out += first % tensor_dim * stride;
    first /= tensor_dim;
    stride *= dim;
  }
  return static_cast<std::size_t>(out);
}

BroadcastDims::Runs BroadcastDims::runs(std::span<const std::int64_t> tensor_dims) const {
  Runs out{.length = 1, .constant = false};
  for (std::size_t i = 1; i <= dims_.size(); ++i) {
    const std::int64_t tensor_dim = tensor_dims[tensor_dims.size() - i];
    if (tensor_dim == 1) continue;
    const bool constant = dims_[dims_.size() - i] == 1;
    if (out.length == 1) out.constant = constant;
    if (out.constant != constant) break;
    out.length *= tensor_dim;
  }
  return out;
}

}  // namespace tensorgate
