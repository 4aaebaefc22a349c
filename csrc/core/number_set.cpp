#include "core/number_set.h"

#include <algorithm>
#include <utility>

namespace tensorgate {
namespace {

// A bit a number in between is no more memory than the numbers themselves.
constexpr std::uint64_t kBitsOfAPlace = 8 * sizeof(NumberPlace);

std::uint64_t distance(const NumberPlace& from, const NumberPlace& to) {
  return static_cast<std::uint64_t>(to[0]) - static_cast<std::uint64_t>(from[0]);
}

}  // namespace

NumberSet::NumberSet(std::vector<NumberPlace> places) : places_(std::move(places)) {
  std::sort(places_.begin(), places_.end());
  places_.erase(std::unique(places_.begin(), places_.end()), places_.end());
  const bool real = std::all_of(places_.begin(), places_.end(), [](const NumberPlace& place) { return place[1] == 0; });
  if (!real || places_.empty()) return;
  const std::uint64_t last = distance(places_.front(), places_.back());
  if (last / kBitsOfAPlace >= places_.size()) return;
  present_.resize(last + 1);
  for (const NumberPlace& place : places_) present_[distance(places_.front(), place)] = true;
}

bool NumberSet::contains(const NumberPlace& place) const {
  if (present_.empty()) return std::binary_search(places_.begin(), places_.end(), place);
  const std::uint64_t at = distance(places_.front(), place);
  return place[1] == 0 && at < present_.size() && present_[at];
}

}  // namespace tensorgate
