#include "python/ragged_tensor.h"

#include <algorithm>
#include <span>
#include <vector>

#include "core/text.h"
#include "python/composite_parts.h"
#include "python/description.h"

namespace tensorgate::python {
namespace {

bool inspect_splits(const std::vector<std::int64_t>& splits, std::int64_t values, const std::string& path,
                    Violations& out) {
  const std::size_t before = out.size();
  Fault start;
  Fault falls;
  Fault end;
  if (splits.empty()) {
    start.add(0, "0 at the start", "no splits");
  } else {
    if (splits[0] != 0) start.add(0, "0 at the start", std::to_string(splits[0]));
    for (std::size_t i = 1; i < splits.size(); ++i) {
      if (splits[i] >= splits[i - 1]) continue;
      falls.add(static_cast<std::int64_t>(i), "at least " + std::to_string(splits[i - 1]) + " as before it",
                std::to_string(splits[i]));
    }
    if (values >= 0 && splits.back() != values) {
      end.add(static_cast<std::int64_t>(splits.size()) - 1,
              "the number of values, " + std::to_string(values) + ", at the end", std::to_string(splits.back()));
    }
  }
  for (const Fault* fault : {&start, &falls, &end}) fault->tell(ViolationCode::row_splits, path, out);
  return out.size() == before;
}

Dim dim_at(const TensorSpec& spec, std::size_t axis) {
  return spec.shape.rank_known() ? spec.shape.dims()[axis] : Dim{};
}

// The rows that hold a faulty value or have a length that the dimension does not allow.
Marks faulty_rows(const Marks& values, const std::vector<std::int64_t>& splits, const Dim& dim) {
  Marks rows(static_cast<std::int64_t>(splits.size()) - 1);
  for (std::int64_t row = 0; row < rows.count; ++row) {
    const std::int64_t start = splits[static_cast<std::size_t>(row)];
    const std::int64_t end = splits[static_cast<std::size_t>(row) + 1];
    bool bad = dim.size ? *dim.size != end - start : !dim.rules.allow(end - start);
    for (std::int64_t i = start; i < std::min(end, values.count); ++i) bad |= values.bad[static_cast<std::size_t>(i)];
    rows.bad[static_cast<std::size_t>(row)] = bad;
  }
  return rows;
}

// The spec of a ragged tensor's flat values. Names and rules of sizes are left to the look at the whole.
TensorSpec flat_values(const TensorSpec& spec) {
  TensorSpec flat{.dtype = spec.dtype, .rules = spec.rules};
  if (!spec.shape.rank_known()) return flat;
  std::vector<Dim> dims{Dim{}};
  for (std::size_t axis = static_cast<std::size_t>(spec.ragged_rank) + 1; axis < spec.shape.dims().size(); ++axis) {
    dims.push_back({.size = spec.shape.dims()[axis].size});
  }
  flat.shape = Shape(std::move(dims));
  return flat;
}

}  // namespace

void inspect_ragged(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                    Inspection& inspection, bool elements, RowMarks* rows) {
  Violations& out = inspection.out();
  const Part splits_part({.shape = Shape({Dim{}}), .dtype = spec.row_splits_dtype});
  py::object at = py::reinterpret_borrow<py::object>(value);
  std::string own_path = path;
  struct Level {
    std::string whole;  // the path of the tensor that the splits cut
    std::string path;
    std::vector<std::int64_t> splits;
    bool sound;
  };
  std::vector<Level> levels;
  for (std::int32_t level = 0; level < spec.ragged_rank; ++level) {
    const auto [values, row_splits] = ragged_parts(at);
    if (!values) {
      return refuse_parts(at, spec, own_path, "pass a tf.RaggedTensor, or a dict of its values and row_splits", out);
    }
    Level& made = levels.emplace_back(Level{own_path, own_path + ".row_splits", {}, false});
    if (inspect_part(row_splits, splits_part, made.path, out, true)) {
      auto splits = integers_of(row_splits, 1, out, made.path);
      made.sound = splits.has_value();
      if (splits) made.splits = std::move(splits->numbers);
    }
    at = values;
    own_path += ".values";
  }
  const Part flat_part(flat_values(spec));
  bool has_values = inspect_part(at, flat_part, own_path, out, false);
  if (has_values && first_size(at) < 0) {
    has_values = false;
    out.add({.path = own_path, .code = ViolationCode::rank, .expected = "a rank of 1 at least", .got = "[]"});
  }
  if (has_values && elements && rows == nullptr) inspect_part(at, flat_part, own_path, out, true);
  // From the innermost outwards: each level's values are the rows of the next.
  std::int64_t values = first_size(at);
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    if (level->sound) level->sound = inspect_splits(level->splits, values, level->path, out);
    values = level->sound ? static_cast<std::int64_t>(level->splits.size()) - 1 : -1;
  }
  if (!std::all_of(levels.begin(), levels.end(), [](const Level& level) { return level.sound; })) return;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const std::vector<std::int64_t>& splits = levels[level].splits;
    std::vector<std::int64_t> lengths(splits.size() - 1);
    for (std::size_t row = 0; row < lengths.size(); ++row) lengths[row] = splits[row + 1] - splits[row];
    Dim dim = dim_at(spec, level + 1);
    if (!elements || rows != nullptr) dim = {.name = dim.name};  // a row's length is its own fault
    inspection.row_lengths(dim, level + 1, levels[level].whole, lengths);
  }
  if (rows != nullptr && has_values && values == rows->count) {
    Marks marks = faulty_elements(at, flat_part, first_size(at));
    for (std::size_t level = levels.size(); level-- > 0;) {
      marks = faulty_rows(marks, levels[level].splits, dim_at(spec, level + 1));
    }
    for (std::int64_t row = 0; row < marks.count; ++row) rows->bad[row] |= marks.bad[static_cast<std::size_t>(row)];
  }
  if (!has_values || !spec.shape.rank_known()) return;
  // The dimensions that are not ragged, against those of the batch.
  Description inner;
  describe(at, inner);
  std::vector<std::int64_t> sizes{values};
  for (std::int32_t axis = 0; axis < spec.ragged_rank; ++axis) sizes.push_back(0);
  if (inner.rank > 0) sizes.insert(sizes.end(), inner.dims.begin() + 1, inner.dims.begin() + inner.rank);
  inspection.shape(tensor, spec, path, {spec.dtype, sizes});
}

}  // namespace tensorgate::python
