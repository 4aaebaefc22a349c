#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tensorgate {

// What TensorFlow allows: tensorflow/core/framework/tensor_shape.h, kMaxRank.
inline constexpr std::size_t kMaxRank = 254;

// One dimension: a size, nothing, or a name that stands for the same size wherever it occurs in a batch.
struct Dim {
  std::optional<std::int64_t> size;
  std::string name;

  bool operator==(const Dim&) const = default;
};

// A shape whose rank or dimensions may be unknown.
class Shape {
 public:
  static Shape unknown() { return {}; }
  explicit Shape(std::vector<Dim> dims) : dims_(std::move(dims)) {}

  bool rank_known() const { return dims_.has_value(); }
  // Only where rank_known().
  const std::vector<Dim>& dims() const { return *dims_; }

  bool operator==(const Shape&) const = default;

 private:
  Shape() = default;

  std::optional<std::vector<Dim>> dims_;
};

// The relations of tf.TensorShape; a named dimension counts as an unknown one.
bool is_compatible(const Shape& a, const Shape& b);
bool is_subtype(const Shape& a, const Shape& b);
Shape common_supertype(const Shape& a, const Shape& b);

// The shape of a tensor that exists: every dimension known.
Shape exact_shape(std::span<const std::int64_t> sizes);

// "[None, 224, batch]", "[]" or "of unknown rank", cut to a length that a terminal's line holds.
std::string text(const Shape& shape);
std::string text(std::span<const std::int64_t> dims);

}  // namespace tensorgate
