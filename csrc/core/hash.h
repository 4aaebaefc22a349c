#pragma once

#include <cstddef>
#include <functional>

namespace tensorgate {

// Folds parts into one number for hash tables of this process. Not the fingerprint: it may differ elsewhere.
class Hash {
 public:
  template <class Part>
  Hash& add(const Part& part) {
    value_ ^= std::hash<Part>{}(part) + 0x9E3779B97F4A7C15u + (value_ << 6) + (value_ >> 2);
    return *this;
  }

  std::size_t value() const { return value_; }

 private:
  std::size_t value_ = 0;
};

}  // namespace tensorgate
