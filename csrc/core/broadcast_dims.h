#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tensorgate {

// The dimensions of an array that broadcasts against a tensor: counted from the last, each is 1 or the tensor's.
class BroadcastDims {
 public:
  explicit BroadcastDims(std::span<const std::int64_t> dims);

  // True where the array repeats itself as a whole along any tensor, as [3] does along [2, 5, 3].
  bool repeats_whole() const;

  // The array's element that belongs to the tensor's element `first`, both counted in row-major order.
  std::size_t at(std::int64_t first, std::span<const std::int64_t> tensor_dims) const;

  // The tensor's elements fall into runs: all of a run belong to one element of the array, or to as many in a row.
  struct Runs {
    std::int64_t length;
    bool constant;
  };
  Runs runs(std::span<const std::int64_t> tensor_dims) const;

  bool operator==(const BroadcastDims&) const = default;

 private:
  std::vector<std::int64_t> dims_;  // without leading ones
};

}  // namespace tensorgate
