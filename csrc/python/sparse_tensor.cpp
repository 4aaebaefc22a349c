#include "python/sparse_tensor.h"

#include <algorithm>
#include <span>
#include <vector>

#include "core/text.h"
#include "python/composite_parts.h"
#include "python/description.h"

namespace tensorgate::python {

void inspect_sparse(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                    Inspection& inspection, bool elements, RowMarks* rows) {
  Violations& out = inspection.out();
  const auto [indices, values, dense_shape] = sparse_parts(value);
  if (!indices) {
    return refuse_parts(value, spec, path, "pass a tf.SparseTensor, or a dict of its indices, values and dense_shape",
                        out);
  }
  const Part indices_part({.shape = Shape({Dim{}, Dim{}}), .dtype = DType::int64});
  const Part shape_part({.shape = Shape({Dim{}}), .dtype = DType::int64});
  const Part values_part({.shape = Shape({Dim{}}), .dtype = spec.dtype, .rules = spec.rules});
  const bool has_indices = inspect_part(indices, indices_part, path + ".indices", out, true);
  const bool has_values = inspect_part(values, values_part, path + ".values", out, elements && rows == nullptr);
  if (!inspect_part(dense_shape, shape_part, path + ".dense_shape", out, true)) return;
  const auto dense_sizes = integers_of(dense_shape, 1, out, path + ".dense_shape");
  if (!dense_sizes) return;
  const std::vector<std::int64_t>& sizes = dense_sizes->numbers;
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    if (sizes[axis] >= 0) continue;
    return out.add({.path = path + ".dense_shape",
                    .code = ViolationCode::dim,
                    .expected = "sizes from 0 up",
                    .got = std::to_string(sizes[axis]),
                    .index = {{static_cast<std::int64_t>(axis)}}});
  }
  if (sizes.size() > kMaxRank) {
    return out.add({.path = path + ".dense_shape",
                    .code = ViolationCode::rank,
                    .expected = "at most " + std::to_string(kMaxRank) + " dimensions",
                    .got = std::to_string(sizes.size())});
  }
  inspection.shape(tensor, spec, path, {spec.dtype, sizes});
  const auto index_rows = has_indices ? integers_of(indices, 2, out, path + ".indices") : std::nullopt;
  if (!index_rows) return;
  const std::vector<std::int64_t>& numbers = index_rows->numbers;
  const std::int64_t entries = index_rows->dims[0];
  const std::int64_t width = index_rows->dims[1];
  const auto mismatch = [&](const char* part, std::int64_t want, std::int64_t got, const std::string& what,
                            const std::string& one_for) {
    out.add({.path = path + part,
             .code = ViolationCode::dim_mismatch,
             .expected = std::to_string(want) + " " + what + (want == 1 ? "" : "s") + ", one for each " + one_for,
             .got = std::to_string(got)});
  };
  if (width != static_cast<std::int64_t>(sizes.size())) {
    return mismatch(".indices", static_cast<std::int64_t>(sizes.size()), width, "column", "size in dense_shape");
  }
  if (const std::int64_t count = first_size(values); count >= 0 && count != entries) {
    mismatch(".values", entries, count, "value", "row of indices");
  }
  Fault bounds;
  Fault order;
  const auto index_at = [&](std::int64_t row) {
    return std::span(numbers).subspan(static_cast<std::size_t>(row * width), sizes.size());
  };
  for (std::int64_t row = 0; row < entries; ++row) {
    const auto index = index_at(row);
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
      if (index[axis] >= 0 && index[axis] < sizes[axis]) continue;
      bounds.add(row, "indices within " + text(std::span<const std::int64_t>(sizes)), text(index));
      break;
    }
    if (row == 0) continue;
    const auto before = index_at(row - 1);
    if (!std::lexicographical_compare(before.begin(), before.end(), index.begin(), index.end())) {
      order.add(row, "indices in row-major order, each once: after " + text(before), text(index));
    }
  }
  bounds.tell(ViolationCode::sparse_indices, path + ".indices", out);
  order.tell(ViolationCode::sparse_indices, path + ".indices", out);
  if (rows == nullptr || !has_values || bounds.count > 0 || width == 0) return;
  const Marks marks = faulty_elements(values, values_part, first_size(values));
  for (std::size_t entry = 0; entry < numbers.size() / sizes.size(); ++entry) {
    const std::int64_t row = numbers[entry * sizes.size()];
    const bool known = row < rows->count && static_cast<std::int64_t>(entry) < marks.count;
    if (known) rows->bad[row] |= marks.bad[entry];
  }
}

}  // namespace tensorgate::python
