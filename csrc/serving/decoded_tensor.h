#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/dtype.h"

namespace tensorgate::serving {

// Memory for numbers that are not set to zero first, which grows where it stands if it can.
class NumberBuffer {
 public:
  NumberBuffer() = default;

  std::byte* data() const { return memory_.get(); }
  std::size_t size() const { return size_; }

  // Keeps what was there. Throws std::bad_alloc.
  void resize(std::size_t bytes);
  std::byte* release() { return memory_.release(); }  // to be freed with std::free

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };

  std::unique_ptr<std::byte, Free> memory_;
  std::size_t size_ = 0;
};

// What a string takes beside its text: a view and a pointer; and an object of its own.
inline constexpr std::uint64_t kStringBytes = sizeof(std::string_view) + sizeof(void*);
inline constexpr std::uint64_t kOwnStringBytes = 48;

// A tensor that came over the wire.
struct DecodedTensor {
  DType dtype = DType::invalid;
  std::vector<std::int64_t> dims;

  // Numbers, row-major and little-endian: where they lie on the wire, or in a buffer where `view` is empty.
  std::string_view view;
  NumberBuffer numbers;

  // Strings: on the wire, or in `own_strings`, which never moves them.
  std::vector<std::string_view> strings;
  std::deque<std::string> own_strings;

  const void* data() const { return view.empty() ? static_cast<const void*>(numbers.data()) : view.data(); }
};

}  // namespace tensorgate::serving
