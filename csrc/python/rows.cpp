#include "python/rows.h"

#include "core/errors.h"
#include "core/text.h"
#include "python/composite_parts.h"
#include "python/composite_tensor.h"
#include "python/numpy_api.h"

namespace tensorgate::python {
namespace {

using Leaf = BatchGate::Leaf;

struct Rows {
  std::vector<const Leaf*> leaves;
  std::int64_t count = -1;
};

// The leaves that have rows, which must agree on how many.
Rows rows_of(const Signature& signature, const std::vector<Leaf>& leaves, Violations& out) {
  Rows rows;
  for (const Leaf& leaf : leaves) {
    if (!leaf.value || !has_batch_axis(signature, *leaf.spec)) continue;
    const std::int64_t count = row_count(leaf.value, *leaf.spec);
    if (rows.leaves.empty()) {
      rows.count = count;
    } else if (count != rows.count) {
      out.add({.path = leaf.path,
               .code = ViolationCode::dim_mismatch,
               .expected = std::to_string(rows.count) + " rows as on axis 0 of " + rows.leaves[0]->path,
               .got = std::to_string(count) + " on axis 0",
               .index = {{0}}});
    }
    rows.leaves.push_back(&leaf);
  }
  return rows;
}

}  // namespace

std::int64_t row_count(py::handle tensor, const TensorSpec& spec) {
  if (spec.encoding != Encoding::dense) return composite_rows(tensor, spec);
  return first_size(tensor);
}

RowReport bad_rows(const BatchGate& gate, const Signature& signature, py::handle batch) {
  RowReport report{Violations(kMaxKeptViolations), {}};
  gate.inspect(batch, signature.inputs, report.violations, false);
  if (!report.violations.empty()) return report;
  const auto leaves = gate.flatten(batch, signature.inputs);
  if (!leaves) {
    gate.inspect(batch, signature.inputs, report.violations, false);
    return report;
  }
  const Rows rows = rows_of(signature, *leaves, report.violations);
  Inspection inspection(gate.plan(), report.violations);
  for (const Leaf& leaf : *leaves) {
    if (!leaf.value || has_batch_axis(signature, *leaf.spec)) continue;
    inspect_leaf(leaf.value, leaf.tensor, *leaf.spec, leaf.path, inspection);
  }
  if (!report.violations.empty()) return report;
  if (rows.leaves.empty()) throw py::value_error("no input of the batch has a batch dimension, so it has no rows");
  // A sparse tensor may claim any number of rows without bringing one.
  constexpr std::int64_t kMaxRows = std::int64_t{1} << 24;
  if (rows.count > kMaxRows) {
    throw InvalidInput("the batch claims " + std::to_string(rows.count) + " rows; the limit is " +
                       std::to_string(kMaxRows));
  }
  npy_intp count = rows.count;
  auto bad = py::reinterpret_steal<py::object>(PyArray_ZEROS(1, &count, NPY_BOOL, 0));
  if (!bad) throw py::error_already_set();
  RowMarks marks{static_cast<bool*>(PyArray_DATA(reinterpret_cast<PyArrayObject*>(bad.ptr()))), rows.count};
  for (const Leaf* leaf : rows.leaves) {
    if (leaf->spec->encoding == Encoding::dense) {
      mark_rows(leaf->value, gate.plan(), leaf->tensor, marks);
    } else {
      inspect_composite(leaf->value, leaf->tensor, *leaf->spec, leaf->path, inspection, true, &marks);
    }
  }
  if (report.violations.empty()) report.bad = bad;
  return report;
}

}  // namespace tensorgate::python
