#include "core/trace_hash.h"

#include <random>

namespace tensorgate {

const SipKey& trace_key() {
  static const SipKey key = [] {
    std::random_device random;
    const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
    return SipKey{word(), word()};
  }();
  return key;
}

}  // namespace tensorgate
