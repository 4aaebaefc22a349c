#include "core/tensor_spec.h"

#include "core/broadcast.h"
#include "core/element.h"
#include "core/errors.h"
#include "core/hash.h"
#include "core/text.h"
#include "core/value_relations.h"
#include "core/value_scan.h"

namespace tensorgate {
namespace {

void add(Hash& hash, const std::optional<TensorValue>& value) {
  hash.add(value.has_value());
  if (!value) return;
  hash.add(value->bytes);
  for (const std::int64_t size : value->dims) hash.add(size);
  for (const std::string& element : value->strings) hash.add(element);
}

bool same_kind(const TensorSpec& a, const TensorSpec& b) {
  return a.dtype == b.dtype && a.encoding == b.encoding && a.ragged_rank == b.ragged_rank &&
         a.row_splits_dtype == b.row_splits_dtype;
}

void require_default(const TensorSpec& spec) {
  const TensorValue& value = *spec.default_value;
  const auto refuse = [](const std::string& element, const std::string& expected) {
    throw InvalidInput("default holds " + element + ", and the spec asks for " + expected);
  };
  if (value.dtype == DType::string) {
    for (const std::string& element : value.strings) {
      if (const auto broken = broken_rule(spec.rules, element)) {
        refuse(quoted(element), expected_text(spec.rules, *broken, spec.dtype, {}));
      }
    }
    return;
  }
  const ValueScan scan(spec.dtype, spec.rules);
  for (const ValueFinding& found : scan.findings({value.dtype, value.bytes.data(), value.dims, nullptr})) {
    refuse(element_text(value.dtype, found.element.data()),
           expected_text(spec.rules, code_of(found.fault), spec.dtype, index_of(found.first, value.dims)));
  }
}

}  // namespace

bool is_ragged(const TensorSpec& spec, std::size_t axis) { return is_ragged(axis, spec.ragged_rank); }

void require_consistent(const TensorSpec& spec) {
  require_consistent(spec.rules, spec.dtype, spec.shape);
  if (spec.encoding != Encoding::dense) {
    for (const auto* bound : {&spec.rules.minimum, &spec.rules.maximum}) {
      if (*bound && !(*bound)->dims.empty()) {
        throw InvalidInput("a bound of a ragged or sparse tensor must be a scalar");
      }
    }
  }
  if (spec.encoding == Encoding::ragged && spec.shape.rank_known() &&
      spec.shape.dims().size() <= static_cast<std::size_t>(spec.ragged_rank)) {
    throw InvalidInput("ragged_rank " + std::to_string(spec.ragged_rank) + " needs a shape of rank " +
                       std::to_string(spec.ragged_rank + 1) + " at least, and it has " +
                       std::to_string(spec.shape.dims().size()));
  }
  if (spec.default_value && spec.rules.any()) require_default(spec);
}

bool is_compatible(const TensorSpec& a, const TensorSpec& b) {
  return same_kind(a, b) && is_compatible(a.shape, b.shape) && is_compatible(a.rules, b.rules, a.dtype);
}

bool is_subtype(const TensorSpec& a, const TensorSpec& b, Renaming& names) {
  const bool unnamed = !a.name || a.name->empty();
  return (unnamed || a.name == b.name) && same_kind(a, b) && is_subtype(a.shape, b.shape, names, a.ragged_rank) &&
         is_subtype(a.rules, b.rules, a.dtype) && (b.optional || !a.optional);
}

bool is_subtype(const TensorSpec& a, const TensorSpec& b) {
  Renaming names;
  return is_subtype(a, b, names);
}

std::optional<TensorSpec> common_supertype(const TensorSpec& a, const TensorSpec& b, CommonNames& names) {
  if (!same_kind(a, b) || a.name != b.name) return std::nullopt;
  TensorSpec out = a;
  out.shape = common_supertype(a.shape, b.shape, names);
  out.optional = a.optional || b.optional;
  out.rules = common_supertype(a.rules, b.rules, a.dtype, out.shape);
  if (a.default_value != b.default_value) out.default_value.reset();
  return out;
}

std::optional<TensorSpec> common_supertype(const TensorSpec& a, const TensorSpec& b) {
  CommonNames names;
  add_names(a.shape, b.shape, names, a.ragged_rank);
  return common_supertype(a, b, names);
}

std::size_t hash(const TensorSpec& spec) {
  Hash hash;
  hash.add(static_cast<int>(spec.dtype)).add(spec.name.has_value()).add(spec.name.value_or("")).add(spec.optional);
  hash.add(static_cast<int>(spec.encoding)).add(spec.ragged_rank).add(static_cast<int>(spec.row_splits_dtype));
  hash.add(spec.shape.rank_known());
  if (spec.shape.rank_known()) {
    for (const Dim& dim : spec.shape.dims()) {
      hash.add(dim.size.value_or(-1)).add(dim.name);
      hash.add(dim.rules.min).add(dim.rules.max).add(dim.rules.multiple_of);
    }
  }
  add(hash, spec.default_value);
  hash.add(spec.rules.finite).add(spec.rules.utf8).add(spec.rules.max_bytes.value_or(-1));
  add(hash, spec.rules.minimum);
  add(hash, spec.rules.maximum);
  add(hash, spec.rules.one_of);
  return hash.value();
}

std::string text(const TensorSpec& spec) {
  const char* encoding = spec.encoding == Encoding::ragged   ? "ragged "
                         : spec.encoding == Encoding::sparse ? "sparse "
                                                             : "";
  return encoding + std::string(name(spec.dtype)) + " " + text(spec.shape);
}

}  // namespace tensorgate
