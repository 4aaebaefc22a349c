#include "core/nearest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

namespace tensorgate {
namespace {

constexpr std::size_t kMaxCandidates = 256;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, ignoring case.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, kMaxSearchedLength + 1>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t cost = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + cost});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[a.size() % 3][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view name, const std::vector<std::string_view>& candidates,
                                        std::size_t max_length) {
  if (name.empty() || name.size() > max_length) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t limit = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (std::size_t i = 0; i < std::min(candidates.size(), kMaxCandidates); ++i) {
    const std::string_view candidate = candidates[i];
    if (candidate.empty() || candidate.size() > max_length) continue;
    const std::size_t found = distance(name, candidate);
    // A name that shares no letter with another is no typo of it.
    if (found < limit && found < std::max(name.size(), candidate.size())) {
      best = candidate;
      limit = found;
    }
  }
  return best;
}

}  // namespace tensorgate
