#include "core/strided_copy.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace tensorgate {
namespace {

// A copy whose last dimensions are contiguous on both sides and have become one piece of bytes.
struct Copy {
  std::span<const std::int64_t> dims;
  const std::int64_t* from_strides;
  const std::int64_t* to_strides;
  std::size_t piece;

  void run(const char* from, char* to, std::size_t axis) const {
    if (axis == dims.size()) {
      std::memcpy(to, from, piece);
      return;
    }
    for (std::int64_t i = 0; i < dims[axis]; ++i)
      run(from + i * from_strides[axis], to + i * to_strides[axis], axis + 1);
  }
};

}  // namespace

void copy_elements(const StridedTensor& from, char* out, std::span<const std::int64_t> out_strides) {
  if (std::find(from.dims.begin(), from.dims.end(), 0) != from.dims.end()) return;
  const auto item = static_cast<std::int64_t>(item_size(from.dtype));
  constexpr std::size_t kFew = 8;
  std::array<std::int64_t, kFew> few;
  std::vector<std::int64_t> many;
  const std::int64_t* from_strides = from.strides;
  if (from_strides == nullptr) {
    if (from.dims.size() > kFew) many.resize(from.dims.size());
    std::int64_t* strides = from.dims.size() > kFew ? many.data() : few.data();
    std::int64_t stride = item;
    for (std::size_t axis = from.dims.size(); axis-- > 0;) {
      strides[axis] = stride;
      stride *= from.dims[axis];
    }
    from_strides = strides;
  }
  std::int64_t piece = item;
  std::size_t outer = from.dims.size();
  while (outer > 0 && from_strides[outer - 1] == piece && out_strides[outer - 1] == piece) piece *= from.dims[--outer];
  Copy{from.dims.first(outer), from_strides, out_strides.data(), static_cast<std::size_t>(piece)}.run(
      static_cast<const char*>(from.data), out, 0);
}

}  // namespace tensorgate
