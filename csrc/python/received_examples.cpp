#include "python/received_examples.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/text.h"
#include "python/batch.h"
#include "python/decoded_array.h"
#include "python/numpy_api.h"
#include "python/signature_type.h"

namespace tensorgate::python {
namespace {

using serving::DecodedInput;
using serving::ExampleBytes;
using serving::ExampleContract;

// From this size on others may run Python meanwhile: letting them costs less than the reading.
constexpr std::size_t kReleaseBytes = std::size_t{1} << 20;

std::vector<DecodedInput> decoded(const ExampleContract& contract, std::span<const ExampleBytes> examples,
                                  std::span<const ExampleBytes> context, const serving::Limits& limits,
                                  Violations& out) {
  std::size_t bytes = 0;
  for (const ExampleBytes& example : examples) bytes += example.bytes.size();
  std::optional<py::gil_scoped_release> released;
  if (bytes >= kReleaseBytes) released.emplace();
  return decode_examples(contract, examples, context, limits, out);
}

py::object input_object(Encoding encoding, DecodedInput input) {
  static constexpr const char* kRaggedParts[] = {"values", "row_splits"};
  static constexpr const char* kSparseParts[] = {"indices", "values", "dense_shape"};
  if (encoding == Encoding::dense) return decoded_array(std::move(input.parts[0]), py::none());
  const char* const* names = encoding == Encoding::ragged ? kRaggedParts : kSparseParts;
  py::dict out;
  for (serving::DecodedTensor& part : input.parts) out[*names++] = decoded_array(std::move(part), py::none());
  return out;
}

std::int64_t number_at(py::handle integers, std::int64_t i) {
  return py::reinterpret_borrow<py::object>(integers)[py::int_(i)].cast<std::int64_t>();
}

// Which Example an element of a composite input's values is of, and its place in that one's row.
std::pair<std::int64_t, std::int64_t> place_in_row(Encoding encoding, const py::dict& parts, std::int64_t element) {
  if (encoding == Encoding::sparse) {
    const py::object index = parts["indices"][py::int_(element)];
    return {number_at(index, 0), number_at(index, 1)};
  }
  const py::object splits = parts["row_splits"];
  const py::object after = splits.attr("searchsorted")(element, py::arg("side") = "right");
  const auto row = after.cast<std::int64_t>() - 1;
  return {row, element - number_at(splits, row)};
}

// A violation of the batch's elements as one of an Example: inputs['ids'] at [3, 2] is examples[3]['ids'][2].
Violation of_example(Violation violation, const Nest& inputs, const py::dict& batch) {
  const bool is_of_size = violation.code == ViolationCode::dim || violation.code == ViolationCode::dim_mismatch;
  if (is_of_size || !violation.index || violation.index->empty()) return violation;
  for (const auto& [name, child] : inputs.children) {
    const Encoding encoding = child.tensor.encoding;
    const std::string whole = at("inputs", name);
    if (violation.path != (encoding == Encoding::dense ? whole : whole + ".values")) continue;
    std::vector<std::int64_t> index = *violation.index;
    if (encoding != Encoding::dense) {
      const auto [row, place] = place_in_row(encoding, batch[py::str(name)], index[0]);
      index[0] = place;
      index.insert(index.begin(), row);
    }
    violation.path = at("examples[" + std::to_string(index[0]) + "]", name);
    for (std::size_t axis = 1; axis < index.size(); ++axis) violation.path += "[" + std::to_string(index[axis]) + "]";
    violation.index.reset();
    break;
  }
  return violation;
}

}  // namespace

py::object received_examples(py::handle signature, std::span<const ExampleBytes> examples,
                             std::span<const ExampleBytes> context, const serving::Limits& limits, Violations& out) {
  const SignatureParts parts = *signature_parts(signature);
  const Nest& inputs = parts.signature->inputs;
  const ExampleContract contract(inputs);
  std::vector<DecodedInput> rows = decoded(contract, examples, context, limits, out);
  if (!out.empty()) return {};
  py::dict batch;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& [name, child] = inputs.children[i];
    batch[py::str(name)] = input_object(child.tensor.encoding, std::move(rows[i]));
  }
  if (parts.gate->judge(batch.ptr()) == BatchGate::Verdict::accepted) return batch;
  Violations found(limits.max_violations, out.names());
  parts.gate->inspect(batch, inputs, found);
  for (const Violation& violation : found.kept()) out.add(of_example(violation, inputs, batch));
  out.add_unlisted(found.unlisted());
  return found.empty() ? py::object(batch) : py::object();
}

}  // namespace tensorgate::python
