#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/dtype.h"
#include "core/siphash.h"

namespace tensorgate {

// What tf.function tells one call's trace from another's by.
enum class TracePart : std::uint8_t {
  tensor = 1,
  short_tensor,  // one whose sizes go into that first word
  variable,
  composite,
  list,
  tuple,
  named_tuple,
  attrs,
  custom_nest,
  dict,
  pair,
  none,
  integer,
  big_integer,
  real,
  complex,
  nan,
  text,
  bytes,
};

// A keyed hash of such parts, of this process alone. Each part begins with a word that says how it goes on, so that no
// sequence of parts begins another, as SipState asks. With SipHash-1-3, as in the hash tables of Python and Rust.
class TraceHash {
 public:
  TraceHash();

  void begin(TracePart part, std::uint64_t count = 0) { state_.add(static_cast<std::uint64_t>(part) | count << 8); }
  void add(std::uint64_t word) { state_.add(word); }
  void tensor(DType dtype, std::span<const std::int64_t> dims);
  std::uint64_t finish() { return state_.finish64(); }

 private:
  SipState<1, 3> state_;
};

// Drawn when it is first asked for.
const SipKey& trace_key();

inline TraceHash::TraceHash() : state_(trace_key()) {}

inline void TraceHash::tensor(DType dtype, std::span<const std::int64_t> dims) {
  constexpr std::size_t kPartBits = 8;
  constexpr std::size_t kMaxShortRank = 4;
  constexpr std::size_t kShortBits = (64 - 3 * kPartBits) / kMaxShortRank;
  const std::uint64_t shape = static_cast<std::uint64_t>(dtype) | dims.size() << kPartBits;
  std::uint64_t bits = 0;
  std::uint64_t packed = 0;
  for (const std::int64_t size : dims) {
    bits |= static_cast<std::uint64_t>(size);
    packed = packed << kShortBits | static_cast<std::uint64_t>(size);
  }
  if (dims.size() <= kMaxShortRank && bits >> kShortBits == 0)
    return begin(TracePart::short_tensor, shape | packed << 2 * kPartBits);
  begin(TracePart::tensor, shape);
  for (const std::int64_t size : dims) add(static_cast<std::uint64_t>(size));
}

}  // namespace tensorgate
