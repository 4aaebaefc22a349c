#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace tensorgate {

inline constexpr std::size_t kMaxSearchedLength = 64;

// The candidate that a typo most likely meant, or nothing where none is close. Looks at a bounded number of
// candidates and at names of up to `max_length` bytes (at most kMaxSearchedLength), so that a hostile batch costs
// little.
std::optional<std::string_view> nearest(std::string_view name, const std::vector<std::string_view>& candidates,
                                        std::size_t max_length = kMaxSearchedLength);

}  // namespace tensorgate
