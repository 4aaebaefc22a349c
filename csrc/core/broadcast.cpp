#include "core/broadcast.h"

#include <algorithm>
#include <limits>

namespace tensorgate {

std::optional<std::vector<std::int64_t>> broadcast_dims(std::span<const std::int64_t> a,
                                                        std::span<const std::int64_t> b) {
  if (a.size() < b.size()) std::swap(a, b);
  std::vector<std::int64_t> out(a.begin(), a.end());
  const std::size_t lead = a.size() - b.size();
  for (std::size_t axis = 0; axis < b.size(); ++axis) {
    std::int64_t& size = out[lead + axis];
    if (size == b[axis] || b[axis] == 1) continue;
    if (size != 1) return std::nullopt;
    size = b[axis];
  }
  return out;
}

const char* element_at(const TensorValue& value, std::span<const std::int64_t> index) {
  std::size_t flat = 0;
  const std::size_t lead = index.size() - value.dims.size();
  for (std::size_t axis = 0; axis < value.dims.size(); ++axis) {
    const auto size = static_cast<std::size_t>(value.dims[axis]);
    flat = flat * size + (size == 1 ? 0 : static_cast<std::size_t>(index[lead + axis]));
  }
  return value.bytes.data() + flat * item_size(value.dtype);
}

std::int64_t bounded_size(std::span<const std::int64_t> dims, std::int64_t limit) {
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return 0;
  std::int64_t size = 1;
  for (const std::int64_t dim : dims) {
    if (dim > limit / size) return limit + 1;
    size *= dim;
  }
  return size;
}

std::vector<std::int64_t> index_of(std::int64_t flat, std::span<const std::int64_t> dims) {
  std::vector<std::int64_t> index(dims.size());
  for (std::size_t axis = dims.size(); axis-- > 0;) {
    index[axis] = flat % dims[axis];
    flat /= dims[axis];
  }
  return index;
}

Indices::Indices(std::span<const std::int64_t> dims)
    : dims_(dims.begin(), dims.end()),
      index_(dims.size()),
      left_(bounded_size(dims, std::numeric_limits<std::int64_t>::max() - 1)) {}

void Indices::next() {
  --left_;
  for (std::size_t axis = dims_.size(); axis-- > 0;) {
    if (++index_[axis] < dims_[axis]) return;
    index_[axis] = 0;
  }
}

}  // namespace tensorgate
