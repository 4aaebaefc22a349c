#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace tensorgate {

// The sizes that a dimension may take.
struct SizeRules {
  static constexpr std::int64_t kNoMaximum = std::numeric_limits<std::int64_t>::max();

  std::int64_t min = 0;
  std::int64_t max = kNoMaximum;
  std::int64_t multiple_of = 1;

  bool any() const { return *this != SizeRules(); }
  bool allow(std::int64_t size) const { return size >= min && size <= max && size % multiple_of == 0; }
  bool operator==(const SizeRules&) const = default;
};

// One dimension: a size, or any that the rules allow; a name stands for the same size wherever it occurs in a batch.
struct Dim {
  std::optional<std::int64_t> size;
  std::string name;
  SizeRules rules = {};  // of a dimension without a size

  bool operator==(const Dim&) const = default;
};

// Throws InvalidInput where no size satisfies the rules.
void require_satisfiable(const SizeRules& rules);

// The relations of two sets of sizes; names do not count.
bool is_compatible(const Dim& a, const Dim& b);
bool is_subtype(const Dim& a, const Dim& b);
// Of two sizes that differ it is any size, as in TensorFlow; rules are widened until both fit.
Dim common_supertype(const Dim& a, const Dim& b);

// "3", "None", "batch" or "seq (1 to 512, a multiple of 8)".
std::string text(const Dim& dim);

}  // namespace tensorgate
