#pragma once

#include <cstddef>
#include <cstdint>

namespace tensorgate::serving {

// What a request may ask for. Far above what a real one needs, far below what hurts.
struct Limits {
  std::uint64_t max_request_bytes = 256 << 20;
  std::uint64_t max_tensor_bytes = 256 << 20;  // of a tensor, however few bytes ask for it, and of all copies
  std::size_t max_rank = 64;                   // NumPy's
  std::size_t max_inputs = 1'000;
  std::size_t max_examples = 100'000;
  std::size_t max_features = 10'000;  // of an Example
  std::size_t max_depth = 100;        // protobuf's
  std::size_t max_violations = 64;
  std::size_t max_name_characters = 80;  // of a name in a message
  std::size_t max_names_searched = 64;   // for what a name may have meant
  std::size_t max_searched_length = 64;  // of such a name

  bool operator==(const Limits&) const = default;
};

}  // namespace tensorgate::serving
