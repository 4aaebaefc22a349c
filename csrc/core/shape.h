#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/dim.h"

namespace tensorgate {

// What TensorFlow allows: tensorflow/core/framework/tensor_shape.h, kMaxRank.
inline constexpr std::size_t kMaxRank = 254;

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

// What each name of a supertype stands for in the subtype: what the first requires to be equal, the other must
// require too, whatever names it uses.
class Renaming {
 public:
  // `ragged`: a dimension whose size differs from row to row. Equal sizes of all rows are no equal numbers of rows.
  bool agrees(const Dim& sub, const Dim& super, bool ragged);

 private:
  std::map<std::string, Dim> seen_;
};

// The names of a common supertype: dimensions are equal in it where both contracts require that.
class CommonNames {
 public:
  void add(const Dim& a, const Dim& b, bool ragged);
  // Only once all are added.
  Dim supertype(const Dim& a, const Dim& b);

 private:
  using Pair = std::pair<std::string, std::string>;

  void choose();

  std::map<Pair, std::size_t> places_;
  std::map<Pair, std::string> chosen_;
};

// The relations of tf.TensorShape, with rules and names beside.
bool is_compatible(const Shape& a, const Shape& b);
// `ragged_rank`: so many dimensions after the first are ragged in both.
bool is_subtype(const Shape& a, const Shape& b, Renaming& names, std::int32_t ragged_rank);
void add_names(const Shape& a, const Shape& b, CommonNames& names, std::int32_t ragged_rank);
Shape common_supertype(const Shape& a, const Shape& b, CommonNames& names);

// True where the dimension's size differs from row to row.
bool is_ragged(std::size_t axis, std::int32_t ragged_rank);

// The shape of a tensor that exists: every dimension known.
Shape exact_shape(std::span<const std::int64_t> sizes);

// "[None, 224, batch]", "[]" or "of unknown rank", cut to a length that a terminal's line holds.
std::string text(const Shape& shape);
std::string text(std::span<const std::int64_t> dims);

}  // namespace tensorgate
