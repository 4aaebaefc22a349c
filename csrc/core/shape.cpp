#include "core/shape.h"

#include <algorithm>

#include "core/text.h"

namespace tensorgate {
namespace {

constexpr std::size_t kDimsShown = 10;

template <class Dims, class Write>
std::string join(const Dims& dims, Write write) {
  std::string out = "[";
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (axis > 0) out += ", ";
    if (axis == kDimsShown) {
      out += "... " + std::to_string(dims.size() - axis) + " more";
      break;
    }
    out += write(dims[axis]);
  }
  return out + "]";
}

}  // namespace

bool is_compatible(const Shape& a, const Shape& b) {
  if (!a.rank_known() || !b.rank_known()) return true;
  return std::equal(a.dims().begin(), a.dims().end(), b.dims().begin(), b.dims().end(),
                    [](const Dim& x, const Dim& y) { return !x.size || !y.size || *x.size == *y.size; });
}

bool is_subtype(const Shape& a, const Shape& b) {
  if (!b.rank_known()) return true;
  if (!a.rank_known()) return false;
  return std::equal(a.dims().begin(), a.dims().end(), b.dims().begin(), b.dims().end(),
                    [](const Dim& x, const Dim& y) { return !y.size || x.size == y.size; });
}

Shape common_supertype(const Shape& a, const Shape& b) {
  if (!a.rank_known() || !b.rank_known() || a.dims().size() != b.dims().size()) return Shape::unknown();
  std::vector<Dim> dims;
  dims.reserve(a.dims().size());
  for (std::size_t axis = 0; axis < a.dims().size(); ++axis) {
    dims.push_back(a.dims()[axis] == b.dims()[axis] ? a.dims()[axis] : Dim{});
  }
  return Shape(std::move(dims));
}

Shape exact_shape(std::span<const std::int64_t> sizes) {
  std::vector<Dim> dims;
  for (const std::int64_t size : sizes) dims.push_back({.size = size});
  return Shape(std::move(dims));
}

std::string text(const Shape& shape) {
  if (!shape.rank_known()) return "of unknown rank";
  return join(shape.dims(), [](const Dim& dim) {
    if (dim.size) return std::to_string(*dim.size);
    return dim.name.empty() ? std::string("None") : escaped(dim.name);
  });
}

std::string text(std::span<const std::int64_t> dims) {
  return join(dims, [](std::int64_t size) { return std::to_string(size); });
}

}  // namespace tensorgate
