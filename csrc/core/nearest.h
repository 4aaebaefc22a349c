#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace tensorgate {

// The candidate that a typo most likely meant, or nothing where none is close. Looks at a bounded number of
// candidates and at names of bounded length, so that a hostile batch costs little.
std::optional<std::string_view> nearest(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace tensorgate
