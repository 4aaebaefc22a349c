#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/shape.h"
#include "core/strided_tensor.h"

namespace tensorgate {

// A tensor's memory as few dimensions as will do. On the stack whatever the rank: a walk must not allocate.
struct Layout {
  explicit Layout(const StridedTensor& tensor)
      : data(static_cast<const std::byte*>(tensor.data)), item(item_size(tensor.dtype)) {}

  const std::byte* data;
  std::size_t item;  // bytes of an element
  std::size_t rank = 0;
  std::array<std::int64_t, kMaxRank> dims;  // filled up to the rank, as clearing 4 KB would take its time
  std::array<std::int64_t, kMaxRank> strides;
};

// All elements in row-major order. The tensor has at least one.
Layout row_major(const StridedTensor& tensor);

// Every element at least once, in the order of memory. The tensor has at least one.
Layout memory_order(const StridedTensor& tensor);

std::int64_t element_count(const StridedTensor& tensor);

// Copies `count` elements that lie `stride` bytes apart.
using CopyRun = void (*)(std::byte* to, const std::byte* from, std::int64_t stride, std::size_t count);
CopyRun copy_run(std::size_t item);

// Calls visit(data, count, first) for pieces of at most `limit` elements that lie side by side, copied together where
// the tensor's own do not; `first` counts elements in the layout's order. False as soon as `visit` returns false.
template <class Visit>
bool walk(const Layout& layout, std::size_t limit, Visit&& visit) {
  constexpr std::size_t kBufferBytes = 4096;
  constexpr std::size_t kWorthNoCopy = 512;  // bytes
  const std::size_t item = layout.item;
  const std::size_t outer = layout.rank == 0 ? 0 : layout.rank - 1;
  const auto run = layout.rank == 0 ? std::size_t{1} : static_cast<std::size_t>(layout.dims[outer]);
  const std::int64_t stride = layout.rank == 0 ? 0 : layout.strides[outer];
  const bool dense = layout.rank == 0 || stride == static_cast<std::int64_t>(item);
  const bool in_place = dense && (layout.rank <= 1 || run * item >= kWorthNoCopy);

  alignas(64) std::array<std::byte, kBufferBytes> buffer;
  const std::size_t capacity = std::min(limit, kBufferBytes / item);
  std::size_t held = 0;
  const CopyRun copy = in_place ? nullptr : copy_run(item);

  std::array<std::int64_t, kMaxRank> index;
  std::fill_n(index.begin(), outer, 0);
  std::int64_t first = 0;
  for (const std::byte* row = layout.data;;) {
    for (std::size_t at = 0; at < run;) {
      if (in_place) {
        const std::size_t count = std::min(limit, run - at);
        if (!visit(row + at * item, count, first)) return false;
        first += static_cast<std::int64_t>(count);
        at += count;
      } else {
        const std::size_t count = std::min(capacity - held, run - at);
        copy(buffer.data() + held * item, row + static_cast<std::int64_t>(at) * stride, stride, count);
        held += count;
        at += count;
        if (held < capacity) continue;
        if (!visit(static_cast<const std::byte*>(buffer.data()), held, first)) return false;
        first += static_cast<std::int64_t>(held);
        held = 0;
      }
    }
    std::size_t axis = outer;
    for (; axis > 0; --axis) {
      row += layout.strides[axis - 1];
      if (++index[axis - 1] < layout.dims[axis - 1]) break;
      row -= layout.strides[axis - 1] * layout.dims[axis - 1];
      index[axis - 1] = 0;
    }
    if (axis == 0) break;
  }
  return held == 0 || visit(static_cast<const std::byte*>(buffer.data()), held, first);
}

}  // namespace tensorgate
