#include "serving/example_contract.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <string>

#include "core/errors.h"
#include "core/text.h"

namespace tensorgate::serving {
namespace {

FeatureKind kind_of(DType dtype) {
  switch (dtype) {
    case DType::string:
      return FeatureKind::bytes;
    case DType::float32:
      return FeatureKind::floats;
    case DType::int64:
      return FeatureKind::ints;
    default:
      return FeatureKind::none;
  }
}

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
  throw InvalidInput(at("inputs", name) + " can't be read from Examples: " + why);
}

FeaturePlan plan_of(const std::string& name, const TensorSpec& spec) {
  FeaturePlan plan{.name = name, .spec = &spec, .kind = kind_of(spec.dtype), .any_length = true, .step = 1};
  if (plan.kind == FeatureKind::none) {
    refuse(name, std::string(tensorgate::name(spec.dtype)) + "; they hold float32, int64 and string alone");
  }
  if (!spec.shape.rank_known()) {
    if (spec.encoding == Encoding::dense) refuse(name, "its rank is unknown");
    return plan;
  }
  const std::vector<Dim>& dims = spec.shape.dims();
  if (dims.empty()) refuse(name, "it has no batch dimension");
  if (spec.encoding == Encoding::sparse && dims.size() != 2) refuse(name, "a sparse input must have rank 2");
  if (spec.ragged_rank > 1) refuse(name, "a ragged input must have ragged_rank 1");
  plan.any_length = spec.encoding != Encoding::dense || (dims.size() > 1 && !dims[1].size);
  for (std::size_t axis = plan.any_length ? 2 : 1; axis < dims.size(); ++axis) {
    if (!dims[axis].size) refuse(name, "of its dimensions after the batch only the first may be unknown");
    const auto size = static_cast<std::uint64_t>(*dims[axis].size);
    if (size > 0 && plan.step > std::numeric_limits<std::int64_t>::max() / size) refuse(name, "a row is too large");
    plan.step *= size;
    plan.inner.push_back(*dims[axis].size);
  }
  if (plan.any_length && plan.step == 0) refuse(name, "no number of values says how long a row is");
  if (spec.default_value && spec.default_value->dims[0] != 1) {
    refuse(name, "its default has " + std::to_string(spec.default_value->dims[0]) +
                     " rows; it must have one, to stand for that of any Example");
  }
  return plan;
}

}  // namespace

std::string_view name(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::none:
      return "no list";
    case FeatureKind::bytes:
      return "bytes_list";
    case FeatureKind::floats:
      return "float_list";
    case FeatureKind::ints:
      return "int64_list";
  }
  return {};
}

DType dtype_of(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::none:
      return DType::invalid;
    case FeatureKind::bytes:
      return DType::string;
    case FeatureKind::floats:
      return DType::float32;
    case FeatureKind::ints:
      return DType::int64;
  }
  return DType::invalid;
}

ExampleContract::ExampleContract(const Nest& inputs) {
  if (inputs.kind != Nest::Kind::dict) {
    throw InvalidInput("Examples need a dict of specs by the features' names; this signature's inputs are " +
                       text(inputs));
  }
  for (const auto& [name, child] : inputs.children) {
    if (child.kind != Nest::Kind::tensor) refuse(name, "it is " + text(child) + ", and features have no structure");
    features_.push_back(plan_of(name, child.tensor));
  }
  slots_.resize(std::bit_ceil(2 * features_.size() + 1));
  for (std::size_t i = 0; i < features_.size(); ++i)
    slots_[slot(features_[i].name)] = static_cast<std::uint32_t>(i + 1);
}

// Where the name stands, or would.
std::size_t ExampleContract::slot(std::string_view name) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = std::hash<std::string_view>{}(name)&mask;
  while (slots_[at] != 0 && features_[slots_[at] - 1].name != name) at = (at + 1) & mask;
  return at;
}

std::size_t ExampleContract::find(std::string_view name) const {
  const std::uint32_t found = slots_[slot(name)];
  return found == 0 ? kUnknown : found - 1;
}

}  // namespace tensorgate::serving
