#include "core/number_set.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace tensorgate {
namespace {

constexpr std::int64_t kNowhere = std::numeric_limits<std::int64_t>::min();
// No number's place: a real one has a second part of 0, and no float's place is the lowest integer.
constexpr NumberPlace kFree{kNowhere, kNowhere};

// Without a branch, unlike std::array's own.
bool same(const NumberPlace& a, const NumberPlace& b) { return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0; }

}  // namespace

NumberSet::NumberSet(std::vector<NumberPlace> places) : places_(std::move(places)) {
  std::sort(places_.begin(), places_.end());
  places_.erase(std::unique(places_.begin(), places_.end()), places_.end());
  slots_.assign(std::bit_ceil(2 * places_.size() + 2), kFree);
  shift_ = 64 - std::countr_zero(slots_.size());
  for (const NumberPlace& place : places_) slots_[slot_of(place)] = place;
}

bool NumberSet::contains(const NumberPlace& place) const { return same(slots_[slot_of(place)], place); }

std::size_t NumberSet::slot_of(const NumberPlace& place) const {
  const std::uint64_t mixed = static_cast<std::uint64_t>(place[0]) * 0x9E3779B97F4A7C15u +
                              static_cast<std::uint64_t>(place[1]) * 0xD1B54A32D192ED03u;
  std::size_t slot = mixed >> shift_;
  while (!same(slots_[slot], place) && !same(slots_[slot], kFree)) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

}  // namespace tensorgate
