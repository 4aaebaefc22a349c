#include "core/strided_copy.h"

#include <algorithm>
#include <cstring>

#include "core/strided_walk.h"

namespace tensorgate {
namespace {

// A copy whose last dimensions are contiguous on both sides and have become one piece of bytes.
struct Copy {
  std::span<const std::int64_t> dims;
  const std::int64_t* from_strides;
  const std::int64_t* to_strides;
  std::size_t piece;
  CopyRun run_of_pieces;  // where those along the last dimension come to lie side by side; else null

  void run(const char* from, char* to, std::size_t axis) const {
    if (axis == dims.size()) {
      std::memcpy(to, from, piece);
      return;
    }
    if (axis + 1 == dims.size() && run_of_pieces != nullptr) {
      run_of_pieces(reinterpret_cast<std::byte*>(to), reinterpret_cast<const std::byte*>(from), from_strides[axis],
                    static_cast<std::size_t>(dims[axis]));
      return;
    }
    for (std::int64_t i = 0; i < dims[axis]; ++i)
      run(from + i * from_strides[axis], to + i * to_strides[axis], axis + 1);
  }
};

}  // namespace

std::vector<std::int64_t> row_major_strides(std::span<const std::int64_t> dims, std::size_t item) {
  std::vector<std::int64_t> strides(dims.size());
  auto stride = static_cast<std::int64_t>(item);
  for (std::size_t axis = dims.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return strides;
}

void copy_elements(const StridedTensor& from, char* out, std::span<const std::int64_t> out_strides) {
  if (std::find(from.dims.begin(), from.dims.end(), 0) != from.dims.end()) return;
  const std::size_t item = item_size(from.dtype);
  const std::vector<std::int64_t> contiguous =
      from.strides == nullptr ? row_major_strides(from.dims, item) : std::vector<std::int64_t>();
  const std::int64_t* from_strides = from.strides == nullptr ? contiguous.data() : from.strides;
  auto piece = static_cast<std::int64_t>(item);
  std::size_t outer = from.dims.size();
  while (outer > 0 && from_strides[outer - 1] == piece && out_strides[outer - 1] == piece) piece *= from.dims[--outer];
  // A call of memcpy for every element would take several times as long as to copy it.
  const bool is_run = outer > 0 && piece == static_cast<std::int64_t>(item) && out_strides[outer - 1] == piece;
  Copy{from.dims.first(outer), from_strides, out_strides.data(), static_cast<std::size_t>(piece),
       is_run ? copy_run(item) : nullptr}
      .run(static_cast<const char*>(from.data), out, 0);
}

}  // namespace tensorgate
