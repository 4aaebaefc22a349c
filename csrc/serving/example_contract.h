#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/nest.h"

namespace tensorgate::serving {

// What a Feature of a tf.Example holds; the numbers are those of its fields.
enum class FeatureKind : std::uint8_t { none = 0, bytes = 1, floats = 2, ints = 3 };

// "float_list", as protobuf calls it.
std::string_view name(FeatureKind kind);
// The dtype of its values, as TensorFlow has it.
DType dtype_of(FeatureKind kind);

// How one feature of each Example becomes a row of an input.
struct FeaturePlan {
  std::string_view name;
  const TensorSpec* spec;
  FeatureKind kind;
  bool any_length;                  // a row is any number of steps; else it is one
  std::uint64_t step;               // so many values
  std::vector<std::int64_t> inner;  // the dimensions that a step has
};

// A signature's inputs as features by name. Points into the nest.
class ExampleContract {
 public:
  static constexpr std::size_t kUnknown = SIZE_MAX;

  // Throws InvalidInput, with the reason, where Examples can't hold such inputs.
  explicit ExampleContract(const Nest& inputs);

  std::span<const FeaturePlan> features() const { return features_; }
  // The position of the feature of that name, or kUnknown.
  std::size_t find(std::string_view name) const;

 private:
  std::size_t slot(std::string_view name) const;

  std::vector<FeaturePlan> features_;
  std::vector<std::uint32_t> slots_;  // a hash table that is half empty at least; 0: empty, else position + 1
};

}  // namespace tensorgate::serving
