#include "core/violation.h"

#include <algorithm>
#include <span>

#include "core/shape.h"

namespace tensorgate {
namespace {

constexpr std::size_t kWidestAlignedPath = 32;

// Code points, so that names in any script align.
std::size_t width(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// " at [3, 17], 12 in all" for what is wrong with elements; a dimension's place is said by its sizes.
std::string place(const Violation& violation) {
  if (violation.code == ViolationCode::dim || violation.code == ViolationCode::dim_mismatch) return {};
  std::string out;
  if (violation.index && !violation.index->empty()) {
    out += " at " + text(std::span<const std::int64_t>(*violation.index));
  }
  if (violation.count.value_or(1) > 1) out += ", " + std::to_string(*violation.count) + " in all";
  return out;
}

}  // namespace

std::string_view name(ViolationCode code) { return kViolationCodes[static_cast<std::size_t>(code)].second; }

bool is_of_an_element(ViolationCode code) {
  switch (code) {
    case ViolationCode::not_finite:
    case ViolationCode::below_minimum:
    case ViolationCode::above_maximum:
    case ViolationCode::not_one_of:
    case ViolationCode::too_long:
    case ViolationCode::not_utf8:
      return true;
    default:
      return false;
  }
}

std::string text(const Violation& violation) {
  std::string out(name(violation.code));
  if (violation.code == ViolationCode::unexpected || violation.code == ViolationCode::duplicate) {
    out += " input";
  } else if (violation.code == ViolationCode::missing) {
    if (violation.expected) out += "; expected " + *violation.expected;
  } else {
    if (violation.expected) out += ": expected " + *violation.expected;
    if (violation.got) out += (violation.expected ? ", got " : ": ") + *violation.got;
    out += place(violation);
  }
  if (violation.offset) out += " (byte " + std::to_string(*violation.offset) + ")";
  if (violation.hint) out += "; " + *violation.hint;
  return out;
}

std::string report(std::string_view subject, const std::vector<Violation>& violations, std::size_t unlisted) {
  const std::size_t total = violations.size() + unlisted;
  std::string out = std::to_string(total) + (total == 1 ? " violation of " : " violations of ");
  out += subject;
  std::size_t column = 0;
  for (const Violation& violation : violations) column = std::max(column, width(violation.path));
  column = std::min(column, kWidestAlignedPath);
  for (const Violation& violation : violations) {
    const std::size_t path = width(violation.path);
    out += "\n  " + violation.path + std::string(path < column ? column - path : 0, ' ') + "  " + text(violation);
  }
  if (unlisted > 0) out += "\n  ... and " + std::to_string(unlisted) + " more";
  return out;
}

}  // namespace tensorgate
