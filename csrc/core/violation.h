#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tensorgate {

enum class ViolationCode : std::uint8_t {
  missing,
  unexpected,
  duplicate,
  structure,
  dtype,
  rank,
  dim,
  dim_mismatch,
  byte_order,
  not_finite,
  below_minimum,
  above_maximum,
  not_one_of,
  too_long,
  not_utf8,
  not_representable,
  ragged,
  row_splits,
  sparse_indices,
  unsupported,
  malformed,
  too_large,
  unknown_model,
  unknown_signature,
  output_filter,
};

// The words that users see and store: never renamed.
inline constexpr std::array<std::pair<ViolationCode, std::string_view>, 25> kViolationCodes{{
    {ViolationCode::missing, "missing"},
    {ViolationCode::unexpected, "unexpected"},
    {ViolationCode::duplicate, "duplicate"},
    {ViolationCode::structure, "structure"},
    {ViolationCode::dtype, "dtype"},
    {ViolationCode::rank, "rank"},
    {ViolationCode::dim, "dim"},
    {ViolationCode::dim_mismatch, "dim_mismatch"},
    {ViolationCode::byte_order, "byte_order"},
    {ViolationCode::not_finite, "not_finite"},
    {ViolationCode::below_minimum, "below_minimum"},
    {ViolationCode::above_maximum, "above_maximum"},
    {ViolationCode::not_one_of, "not_one_of"},
    {ViolationCode::too_long, "too_long"},
    {ViolationCode::not_utf8, "not_utf8"},
    {ViolationCode::not_representable, "not_representable"},
    {ViolationCode::ragged, "ragged"},
    {ViolationCode::row_splits, "row_splits"},
    {ViolationCode::sparse_indices, "sparse_indices"},
    {ViolationCode::unsupported, "unsupported"},
    {ViolationCode::malformed, "malformed"},
    {ViolationCode::too_large, "too_large"},
    {ViolationCode::unknown_model, "unknown_model"},
    {ViolationCode::unknown_signature, "unknown_signature"},
    {ViolationCode::output_filter, "output_filter"},
}};

std::string_view name(ViolationCode code);

// True where it is an element of a tensor that is wrong, of which the violation has the index.
bool is_of_an_element(ViolationCode code);

// One thing that is wrong with a batch. Texts are ready to print: names in them are quoted and cut.
struct Violation {
  std::string path;
  ViolationCode code = ViolationCode::structure;
  std::optional<std::string> expected;
  std::optional<std::string> got;
  std::optional<std::string> hint;
  std::optional<std::vector<std::int64_t>> index;  // of the first offending element; for dims, of the axis
  std::optional<std::int64_t> count;               // of offending elements, or axes
  std::optional<std::int64_t> request;             // which of many it is in
  std::optional<std::int64_t> offset = {};         // of the byte on the wire

  bool operator==(const Violation&) const = default;
};

// "dtype: expected float32, got float64; cast to float32", the line of a message without its path.
std::string text(const Violation& violation);

// What a ValidationError says: a heading, then a line a violation, the paths aligned. `unlisted` counts those
// that were found and not kept.
std::string report(std::string_view subject, const std::vector<Violation>& violations, std::size_t unlisted);

}  // namespace tensorgate
