#include "python/received_arrays.h"

#include <limits>

#include "core/text.h"
#include "python/batch.h"
#include "python/tensor_value_array.h"
#include "serving/absent_input.h"

namespace tensorgate::python {
namespace {

// A violation where there is no default that the server would know.
void fill(ReceivedArrays& arrays, const Nest& contract, const std::string& root, Violations& out) {
  for (const auto& [alias, spec] : contract.children) {
    const py::str key(alias);
    const std::string path = at(root, alias);
    if (arrays.good.contains(key) || !is_optional(spec) || arrays.bad.contains(path)) continue;
    if (spec.tensor.default_value) {
      arrays.good[key] = to_array(*spec.tensor.default_value);
      arrays.filled.insert(path);
    } else {
      out.add(serving::absent_input(path, spec.tensor));
    }
  }
}

std::optional<std::uint64_t> offset_of(const Violation& violation, const ReceivedArrays& arrays) {
  if (arrays.element && violation.index && is_of_an_element(violation.code)) {
    if (const auto found = arrays.element(violation.path, *violation.index)) return found;
  }
  const auto tensor = arrays.offsets.find(violation.path);
  return tensor == arrays.offsets.end() ? std::nullopt : std::optional(tensor->second);
}

void inspect(const ReceivedArrays& arrays, const SignatureParts& parts, const std::string& root, Violations& out) {
  Violations found(std::numeric_limits<std::size_t>::max(), out.names());
  parts.gate->inspect(arrays.good, parts.signature->inputs, found, true, root);
  for (Violation violation : found.kept()) {
    if (violation.code == ViolationCode::missing && arrays.bad.contains(violation.path)) continue;
    if (const auto offset = offset_of(violation, arrays)) violation.offset = static_cast<std::int64_t>(*offset);
    if (arrays.filled.contains(violation.path)) {
      violation.hint = "the default of this absent input does not fit the others: send it";
    }
    out.add(std::move(violation));
  }
}

}  // namespace

void hold_against(ReceivedArrays& arrays, const SignatureParts& contract, const std::string& root, Violations& out) {
  fill(arrays, contract.signature->inputs, root, out);
  if (!out.empty() || contract.gate->judge(arrays.good.ptr()) != BatchGate::Verdict::accepted) {
    inspect(arrays, contract, root, out);
  }
}

}  // namespace tensorgate::python
