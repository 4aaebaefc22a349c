#include "core/dim.h"

#include <algorithm>
#include <numeric>

#include "core/errors.h"
#include "core/text.h"

namespace tensorgate {
namespace {

// The smallest allowed size from `least` up; nothing where there is none.
std::optional<std::int64_t> first_multiple(std::int64_t least, std::int64_t most, std::int64_t step) {
  const std::int64_t over = least % step;
  if (over == 0) return least <= most ? std::optional(least) : std::nullopt;
  if (least > most || step - over > most - least) return std::nullopt;
  return least + (step - over);
}

SizeRules rules_of(const Dim& dim) {
  if (!dim.size) return dim.rules;
  return {.min = *dim.size, .max = *dim.size, .multiple_of = *dim.size};
}

std::string text(const SizeRules& rules) {
  std::string out;
  if (rules.max == SizeRules::kNoMaximum) {
    if (rules.min > 0) out = "at least " + std::to_string(rules.min);
  } else if (rules.min == rules.max) {
    out = "exactly " + std::to_string(rules.max);
  } else if (rules.min == 0) {
    out = "at most " + std::to_string(rules.max);
  } else {
    out = std::to_string(rules.min) + " to " + std::to_string(rules.max);
  }
  if (rules.multiple_of == 1) return out;
  return out + (out.empty() ? "" : ", ") + "a multiple of " + std::to_string(rules.multiple_of);
}

}  // namespace

void require_satisfiable(const SizeRules& rules) {
  if (rules.min < 0 || rules.max < 0) throw InvalidInput("the size of a dimension can't be negative");
  if (rules.multiple_of < 1)
    throw InvalidInput("multiple_of is " + std::to_string(rules.multiple_of) + "; it must be 1 or more");
  if (rules.min > rules.max) {
    throw InvalidInput("min " + std::to_string(rules.min) + " is over max " + std::to_string(rules.max));
  }
  if (!first_multiple(rules.min, rules.max, rules.multiple_of)) {
    throw InvalidInput("no multiple of " + std::to_string(rules.multiple_of) + " lies between min " +
                       std::to_string(rules.min) + " and max " + std::to_string(rules.max));
  }
}

bool is_compatible(const Dim& a, const Dim& b) {
  if (a.size && b.size) return *a.size == *b.size;
  if (a.size) return b.rules.allow(*a.size);
  if (b.size) return a.rules.allow(*b.size);
  const std::int64_t least = std::max(a.rules.min, b.rules.min);
  const std::int64_t most = std::min(a.rules.max, b.rules.max);
  // The common multiples are those of one number; past the largest size only zero is one.
  const std::int64_t shared = a.rules.multiple_of / std::gcd(a.rules.multiple_of, b.rules.multiple_of);
  std::int64_t step = 0;
  if (__builtin_mul_overflow(shared, b.rules.multiple_of, &step)) return least == 0;
  return first_multiple(least, most, step).has_value();
}

bool is_subtype(const Dim& a, const Dim& b) {
  if (a.size) return b.size ? *a.size == *b.size : b.rules.allow(*a.size);
  const std::int64_t step = a.rules.multiple_of;
  const std::int64_t least = *first_multiple(a.rules.min, a.rules.max, step);
  const std::int64_t most = a.rules.max - a.rules.max % step;
  if (b.size) return least == *b.size && most == *b.size;
  // With a single size in it, a's steps don't matter.
  return b.rules.allow(least) && most <= b.rules.max && (least == most || step % b.rules.multiple_of == 0);
}

Dim common_supertype(const Dim& a, const Dim& b) {
  if (a == b) return a;
  if (a.size && b.size) return *a.size == *b.size ? Dim{.size = a.size} : Dim{};
  const SizeRules x = rules_of(a);
  const SizeRules y = rules_of(b);
  return {.name = a.name == b.name ? a.name : std::string(),
          .rules = {.min = std::min(x.min, y.min),
                    .max = std::max(x.max, y.max),
                    .multiple_of = std::gcd(x.multiple_of, y.multiple_of)}};
}

std::string text(const Dim& dim) {
  if (dim.size) return std::to_string(*dim.size);
  const std::string name = dim.name.empty() ? std::string("None") : escaped(dim.name);
  return dim.rules.any() ? name + " (" + text(dim.rules) + ")" : name;
}

}  // namespace tensorgate
