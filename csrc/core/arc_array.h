#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/broadcast_dims.h"
#include "core/value_kernels.h"

namespace tensorgate {

// Arcs that differ from element to element, as the kernels take them.
class ArcArray {
 public:
  static constexpr std::size_t kMaxPiece = 1024;

  // `arcs` in row-major order, for lanes of 1, 2, 4 or 8 bytes.
  ArcArray(BroadcastDims dims, std::span<const Arc> arcs, std::size_t lane_bytes);

  // True where the elements at `data`, at most kMaxPiece and from `first` on in row-major order of a tensor of these
  // dims, lie within their arcs.
  bool holds(const std::byte* data, std::size_t count, std::int64_t first, std::span<const std::int64_t> tensor_dims,
             const ValueKernels& kernels) const noexcept;

 private:
  Arcs from(std::size_t element) const;
  Arc at(std::size_t element) const;

  BroadcastDims dims_;
  std::size_t lane_bytes_;
  std::size_t size_;
  // An array that repeats itself goes on for a piece beyond its end, so that a piece may begin anywhere.
  std::vector<std::byte> offsets_, unsigned_tops_, signed_tops_;
};

}  // namespace tensorgate
