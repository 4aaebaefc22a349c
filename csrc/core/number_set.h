#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tensorgate {

// A number as NumberFormat::order places it: one part, or the two of a complex number.
using NumberPlace = std::array<std::int64_t, 2>;

// Numbers to choose from, however many: a hash table, as any number of them is looked up for each element.
class NumberSet {
 public:
  explicit NumberSet(std::vector<NumberPlace> places);

  bool contains(const NumberPlace& place) const;
  const std::vector<NumberPlace>& places() const { return places_; }  // sorted, each once

 private:
  // Where a place stands, or would stand.
  std::size_t slot_of(const NumberPlace& place) const;

  std::vector<NumberPlace> places_;
  std::vector<NumberPlace> slots_;  // a power of two of them, at least half of them free
  int shift_;
};

}  // namespace tensorgate
