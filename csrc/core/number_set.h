#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace tensorgate {

// A number as NumberFormat::order places it: one part, or the two of a complex number.
using NumberPlace = std::array<std::int64_t, 2>;

// Numbers to choose from, however many.
class NumberSet {
 public:
  NumberSet() = default;
  explicit NumberSet(std::vector<NumberPlace> places);

  bool contains(const NumberPlace& place) const;
  const std::vector<NumberPlace>& places() const { return places_; }  // sorted, each once

 private:
  std::vector<NumberPlace> places_;
  std::vector<bool> present_;  // by distance from the first place, where real numbers lie close together; or empty
};

}  // namespace tensorgate
