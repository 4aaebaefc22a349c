#include "python/composite_tensor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include "core/broadcast.h"
#include "core/text.h"
#include "python/description.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/gate.h"
#include "python/tensor_memory.h"

namespace tensorgate::python {
namespace {

constexpr std::array<const char*, 2> kRaggedParts{"values", "row_splits"};
constexpr std::array<const char*, 3> kSparseParts{"indices", "values", "dense_shape"};

// The parts of one tensor; all of them, or none where the object has no such parts.
template <std::size_t N>
std::array<py::object, N> parts_of(py::handle value, const std::array<const char*, N>& names) {
  std::array<py::object, N> parts;
  const bool is_tuple = PyTuple_Check(value.ptr()) && PyTuple_GET_SIZE(value.ptr()) == static_cast<Py_ssize_t>(N);
  for (std::size_t i = 0; i < N; ++i) {
    if (is_tuple) {
      parts[i] = py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(value.ptr(), static_cast<Py_ssize_t>(i)));
      continue;
    }
    PyObject* part = nullptr;
    if (exporter_of(value) == Exporter::composite_tensor) {
      part = PyObject_GetAttrString(value.ptr(), names[i]);
    } else if (PyMapping_Check(value.ptr()) != 0 && exporter_of(value) != Exporter::numpy_array) {
      part = PyMapping_GetItemString(value.ptr(), names[i]);
    }
    if (part == nullptr) {
      if (PyErr_Occurred() != nullptr) {
        py::error_already_set error;
        if (is_fatal(error)) throw error;
      }
      return {};
    }
    parts[i] = py::reinterpret_steal<py::object>(part);
  }
  return parts;
}

bool has_only(py::handle value, std::size_t parts) {
  if (!PyDict_Check(value.ptr())) return true;
  return PyDict_GET_SIZE(value.ptr()) == static_cast<Py_ssize_t>(parts);
}

void refuse(py::handle value, const TensorSpec& spec, const std::string& path, const char* hint, Violations& out) {
  out.add({.path = path,
           .code = ViolationCode::structure,
           .expected = text(spec),
           .got = with_article(type_text(value)),
           .hint = hint});
}

// A part's spec and plan, for looking at it as at any tensor.
struct Part {
  explicit Part(TensorSpec given) : spec(std::move(given)), plan(Nest::of(spec)) {}

  TensorSpec spec;
  Plan plan;
};

bool inspect_part(py::handle value, const Part& part, const std::string& path, Violations& out, bool elements) {
  Inspection inspection(part.plan, out);
  return inspect_value(value, 0, part.spec, path, inspection, elements);
}

// Whole numbers of a part that has passed, whatever their width and strides.
std::vector<std::int64_t> integers_of(py::handle value, Violations& out, const std::string& path) {
  Description description;
  describe(value, description);
  const TensorMemory memory(value, description);
  std::vector<std::int64_t> numbers;
  if (memory.refusal()) {
    out.add(
        {.path = path, .code = memory.refusal()->code, .got = memory.refusal()->got, .hint = memory.refusal()->hint});
    return numbers;
  }
  const StridedTensor tensor = memory.tensor();
  const std::size_t width = item_size(tensor.dtype);
  for (Indices at(tensor.dims); at.more(); at.next()) {
    std::int64_t offset = 0;
    if (tensor.strides == nullptr) {
      offset = static_cast<std::int64_t>(numbers.size() * width);
    } else {
      for (std::size_t axis = 0; axis < tensor.dims.size(); ++axis) offset += at.index()[axis] * tensor.strides[axis];
    }
    const char* from = static_cast<const char*>(tensor.data) + offset;
    std::int32_t narrow = 0;
    std::int64_t number = 0;
    if (width == 4) {
      std::memcpy(&narrow, from, 4);
      number = narrow;
    } else {
      std::memcpy(&number, from, 8);
    }
    numbers.push_back(number);
  }
  return numbers;
}

std::int64_t first_size(py::handle value) {
  Description description;
  describe(value, description);
  return description.rank > 0 ? description.dims[0] : -1;
}

// One fault of row_splits, or of indices: the first place and how many there are.
struct Fault {
  std::string expected;
  std::string got;
  std::int64_t first = -1;
  std::int64_t count = 0;

  void add(std::int64_t at, const std::string& want, const std::string& have) {
    if (count++ > 0) return;
    first = at;
    expected = want;
    got = have;
  }
  void tell(ViolationCode code, const std::string& path, Violations& out) const {
    if (count == 0) return;
    out.add({.path = path, .code = code, .expected = expected, .got = got, .index = {{first}}, .count = count});
  }
};

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

// Which of some things in a row are faulty.
struct Marks {
  explicit Marks(std::int64_t size)
      : count(std::max<std::int64_t>(size, 0)), bad(new bool[static_cast<std::size_t>(count)]()) {}

  std::int64_t count;
  std::unique_ptr<bool[]> bad;
};

// The elements of a part that has the right dtype and shape.
Marks faulty_elements(py::handle value, const Part& part, std::int64_t count) {
  Marks marks(count);
  mark_rows(value, part.plan.tensors()[0], {marks.bad.get(), marks.count});
  return marks;
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

void inspect_ragged(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                    Inspection& inspection, bool elements, RowMarks* rows) {
  Violations& out = inspection.out();
  const Part splits_part({.shape = Shape({Dim{}}), .dtype = spec.row_splits_dtype});
  py::object at = py::reinterpret_borrow<py::object>(value);
  std::string own_path = path;
  struct Level {
    std::string path;
    std::vector<std::int64_t> splits;
    bool sound;
  };
  std::vector<Level> levels;
  for (std::int32_t level = 0; level < spec.ragged_rank; ++level) {
    const auto [values, row_splits] = parts_of(at, kRaggedParts);
    if (!values || !has_only(at, kRaggedParts.size())) {
      return refuse(at, spec, own_path, "pass a tf.RaggedTensor, or a dict of its values and row_splits", out);
    }
    Level& made = levels.emplace_back(Level{own_path + ".row_splits", {}, false});
    made.sound = inspect_part(row_splits, splits_part, made.path, out, true);
    if (made.sound) made.splits = integers_of(row_splits, out, made.path);
    at = values;
    own_path += ".values";
  }
  TensorSpec flat{.dtype = spec.dtype, .rules = spec.rules};
  if (spec.shape.rank_known()) {
    const auto& dims = spec.shape.dims();
    std::vector<Dim> inner{Dim{}};
    inner.insert(inner.end(), dims.begin() + spec.ragged_rank + 1, dims.end());
    flat.shape = Shape(std::move(inner));
  }
  const Part flat_part(flat);
  const bool has_values = inspect_part(at, flat_part, own_path, out, elements && rows == nullptr);
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
    inspection.row_lengths(dim, level + 1, path, lengths);
  }
  if (rows != nullptr && has_values && values == rows->count) {
    Marks marks = faulty_elements(at, flat_part, first_size(at));
    for (std::size_t level = levels.size(); level-- > 0;) {
      marks = faulty_rows(marks, levels[level].splits, dim_at(spec, level + 1));
    }
    for (std::int64_t row = 0; row < marks.count; ++row) rows->bad[row] |= marks.bad[static_cast<std::size_t>(row)];
  }
  if (!spec.shape.rank_known()) return;
  // The dimensions that are not ragged, against those of the batch.
  Description inner;
  describe(at, inner);
  std::vector<std::int64_t> sizes{values};
  for (std::int32_t axis = 0; axis < spec.ragged_rank; ++axis) sizes.push_back(0);
  if (inner.rank > 0) sizes.insert(sizes.end(), inner.dims.begin() + 1, inner.dims.begin() + inner.rank);
  inspection.shape(tensor, spec, path, {spec.dtype, sizes});
}

void inspect_sparse(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                    Inspection& inspection, bool elements, RowMarks* rows) {
  Violations& out = inspection.out();
  const auto [indices, values, dense_shape] = parts_of(value, kSparseParts);
  if (!indices || !has_only(value, kSparseParts.size())) {
    return refuse(value, spec, path, "pass a tf.SparseTensor, or a dict of its indices, values and dense_shape", out);
  }
  const Part indices_part({.shape = Shape({Dim{}, Dim{}}), .dtype = DType::int64});
  const Part shape_part({.shape = Shape({Dim{}}), .dtype = DType::int64});
  const Part values_part({.shape = Shape({Dim{}}), .dtype = spec.dtype, .rules = spec.rules});
  const bool has_indices = inspect_part(indices, indices_part, path + ".indices", out, true);
  const bool has_values = inspect_part(values, values_part, path + ".values", out, elements && rows == nullptr);
  if (!inspect_part(dense_shape, shape_part, path + ".dense_shape", out, true)) return;
  const std::vector<std::int64_t> sizes = integers_of(dense_shape, out, path + ".dense_shape");
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    if (sizes[axis] >= 0) continue;
    return out.add({.path = path + ".dense_shape",
                    .code = ViolationCode::dim,
                    .expected = "sizes from 0 up",
                    .got = std::to_string(sizes[axis]),
                    .index = {{static_cast<std::int64_t>(axis)}}});
  }
  inspection.shape(tensor, spec, path, {spec.dtype, sizes});
  if (!has_indices) return;
  Description described;
  describe(indices, described);
  const std::int64_t entries = described.dims[0];
  const std::int64_t width = described.dims[1];
  const auto mismatch = [&](const char* part, std::int64_t want, std::int64_t got, const std::string& as) {
    out.add({.path = path + part,
             .code = ViolationCode::dim_mismatch,
             .expected = std::to_string(want) + " " + as,
             .got = std::to_string(got)});
  };
  if (width != static_cast<std::int64_t>(sizes.size())) {
    return mismatch(".indices", static_cast<std::int64_t>(sizes.size()), width,
                    "columns, one for each size in dense_shape");
  }
  if (const std::int64_t count = first_size(values); count >= 0 && count != entries) {
    mismatch(".values", entries, count, "values, one for each row of indices");
  }
  const std::vector<std::int64_t> numbers = integers_of(indices, out, path + ".indices");
  Fault bounds;
  Fault order;
  const auto index_at = [&](std::int64_t row) {
    return std::span(numbers).subspan(static_cast<std::size_t>(row * width), sizes.size());
  };
  for (std::int64_t row = 0; row < entries && !numbers.empty(); ++row) {
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

}  // namespace

py::object composite_part(py::handle value, const TensorSpec& spec, const char* part) {
  const auto pick = [&](const auto& names) {
    const auto parts = parts_of(value, names);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (std::string_view(names[i]) == part) return parts[i];
    }
    return py::object();
  };
  return spec.encoding == Encoding::ragged ? pick(kRaggedParts) : pick(kSparseParts);
}

void inspect_composite(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                       Inspection& inspection, bool elements, RowMarks* rows) {
  try {
    if (spec.encoding == Encoding::ragged) {
      inspect_ragged(value, tensor, spec, path, inspection, elements, rows);
    } else {
      inspect_sparse(value, tensor, spec, path, inspection, elements, rows);
    }
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    inspection.out().add({.path = path,
                          .code = ViolationCode::unsupported,
                          .expected = text(spec),
                          .got = with_article(type_text(value)),
                          .hint = "it raised " + exception_text(error)});
  }
}

void inspect_leaf(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                  Inspection& inspection, bool elements) {
  if (spec.encoding == Encoding::dense) {
    inspect_value(value, tensor, spec, path, inspection, elements);
  } else {
    inspect_composite(value, tensor, spec, path, inspection, elements);
  }
}

}  // namespace tensorgate::python
