#include "core/tensor_spec.h"

#include "core/hash.h"

namespace tensorgate {

bool is_compatible(const TensorSpec& a, const TensorSpec& b) {
  return a.dtype == b.dtype && is_compatible(a.shape, b.shape);
}

bool is_subtype(const TensorSpec& a, const TensorSpec& b) {
  const bool unnamed = !a.name || a.name->empty();
  return (unnamed || a.name == b.name) && a.dtype == b.dtype && is_subtype(a.shape, b.shape) &&
         (b.optional || !a.optional);
}

std::optional<TensorSpec> common_supertype(const TensorSpec& a, const TensorSpec& b) {
  if (a.dtype != b.dtype || a.name != b.name) return std::nullopt;
  return TensorSpec{
      .shape = common_supertype(a.shape, b.shape),
      .dtype = a.dtype,
      .name = a.name,
      .optional = a.optional || b.optional,
      .default_value = a.default_value == b.default_value ? a.default_value : std::nullopt,
  };
}

std::size_t hash(const TensorSpec& spec) {
  Hash hash;
  hash.add(static_cast<int>(spec.dtype)).add(spec.name.has_value()).add(spec.name.value_or("")).add(spec.optional);
  hash.add(spec.shape.rank_known());
  if (spec.shape.rank_known()) {
    for (const Dim& dim : spec.shape.dims()) hash.add(dim.size.value_or(-1)).add(dim.name);
  }
  if (spec.default_value) {
    hash.add(spec.default_value->bytes);
    for (const std::string& element : spec.default_value->strings) hash.add(element);
  }
  return hash.value();
}

std::string text(const TensorSpec& spec) { return std::string(name(spec.dtype)) + " " + text(spec.shape); }

}  // namespace tensorgate
