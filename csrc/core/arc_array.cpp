#include "core/arc_array.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "core/number_format.h"

namespace tensorgate {

ArcArray::ArcArray(BroadcastDims dims, std::span<const Arc> arcs, std::size_t lane_bytes)
    : dims_(std::move(dims)), lane_bytes_(lane_bytes), size_(arcs.size()) {
  const std::size_t length = dims_.repeats_whole() && size_ > 0 ? size_ + kMaxPiece : size_;
  for (auto* part : {&offsets_, &unsigned_tops_, &signed_tops_}) part->resize(length * lane_bytes);
  for (std::size_t i = 0; i < length; ++i) {
    const Arc& arc = arcs[i % size_];
    std::memcpy(&offsets_[i * lane_bytes], &arc.offset, lane_bytes);  // the low bytes
    std::memcpy(&unsigned_tops_[i * lane_bytes], &arc.unsigned_top, lane_bytes);
    std::memcpy(&signed_tops_[i * lane_bytes], &arc.signed_top, lane_bytes);
  }
}

Arcs ArcArray::from(std::size_t element) const {
  const std::size_t at = element * lane_bytes_;
  return {offsets_.data() + at, unsigned_tops_.data() + at, signed_tops_.data() + at};
}

Arc ArcArray::at(std::size_t element) const {
  const Arcs arcs = from(element);
  return {load_code(arcs.offsets, lane_bytes_), load_code(arcs.unsigned_tops, lane_bytes_),
          static_cast<std::int64_t>(load_code(arcs.signed_tops, lane_bytes_))};
}

bool ArcArray::holds(const std::byte* data, std::size_t count, std::int64_t first,
                     std::span<const std::int64_t> tensor_dims, const ValueKernels& kernels) const noexcept {
  const auto width = static_cast<std::size_t>(std::countr_zero(lane_bytes_));
  if (dims_.repeats_whole()) {
    return kernels.within_each[width](data, count, from(static_cast<std::size_t>(first) % size_));
  }
  const BroadcastDims::Runs runs = dims_.runs(tensor_dims);
  while (count > 0) {
    const auto left = static_cast<std::size_t>(runs.length - first % runs.length);
    const std::size_t taken = std::min(count, left);
    const std::size_t element = dims_.at(first, tensor_dims);
    if (runs.constant ? !kernels.within[width](data, taken, at(element))
                      : !kernels.within_each[width](data, taken, from(element))) {
      return false;
    }
    data += taken * lane_bytes_;
    count -= taken;
    first += static_cast<std::int64_t>(taken);
  }
  return true;
}

}  // namespace tensorgate
