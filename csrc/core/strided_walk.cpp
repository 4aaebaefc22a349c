#include "core/strided_walk.h"

#include <functional>
#include <numeric>
#include <utility>

namespace tensorgate {
namespace {

template <std::size_t kItem>
void copy_elements(std::byte* to, const std::byte* from, std::int64_t stride, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, from += stride) std::memcpy(to + i * kItem, from, kItem);
}

// Adds an inner dimension, as part of the one before it where one stride serves both.
void append(Layout& layout, std::int64_t dim, std::int64_t stride) {
  if (layout.rank > 0 && layout.strides[layout.rank - 1] == dim * stride) {
    layout.dims[layout.rank - 1] *= dim;
    layout.strides[layout.rank - 1] = stride;
    return;
  }
  layout.dims[layout.rank] = dim;
  layout.strides[layout.rank] = stride;
  ++layout.rank;
}

}  // namespace

Layout row_major(const StridedTensor& tensor) {
  Layout out(tensor);
  if (tensor.strides == nullptr) {
    append(out, element_count(tensor), static_cast<std::int64_t>(out.item));
    return out;
  }
  for (std::size_t axis = 0; axis < tensor.dims.size(); ++axis) {
    if (tensor.dims[axis] != 1) append(out, tensor.dims[axis], tensor.strides[axis]);
  }
  return out;
}

Layout memory_order(const StridedTensor& tensor) {
  Layout out = row_major(tensor);
  if (out.rank == 0 || (out.rank == 1 && out.strides[0] == static_cast<std::int64_t>(out.item))) return out;
  std::array<std::pair<std::int64_t, std::int64_t>, kMaxRank> axes;  // stride and dim
  std::size_t kept = 0;
  for (std::size_t axis = 0; axis < out.rank; ++axis) {
    std::int64_t stride = out.strides[axis];
    if (stride == 0) continue;  // the same elements again
    if (stride < 0) {
      out.data += stride * (out.dims[axis] - 1);
      stride = -stride;
    }
    axes[kept++] = {stride, out.dims[axis]};
  }
  std::sort(axes.begin(), axes.begin() + kept, std::greater<>());
  out.rank = 0;
  for (std::size_t axis = 0; axis < kept; ++axis) append(out, axes[axis].second, axes[axis].first);
  return out;
}

std::int64_t element_count(const StridedTensor& tensor) {
  // Beside a zero the others may multiply to more than fits.
  if (std::find(tensor.dims.begin(), tensor.dims.end(), 0) != tensor.dims.end()) return 0;
  return std::accumulate(tensor.dims.begin(), tensor.dims.end(), std::int64_t{1}, std::multiplies<>());
}

CopyRun copy_run(std::size_t item) {
  switch (item) {
    case 1:
      return copy_elements<1>;
    case 2:
      return copy_elements<2>;
    case 4:
      return copy_elements<4>;
    case 8:
      return copy_elements<8>;
    default:
      return copy_elements<16>;
  }
}

}  // namespace tensorgate
