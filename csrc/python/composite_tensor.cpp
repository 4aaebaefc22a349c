#include "python/composite_tensor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "core/broadcast.h"
#include "core/text.h"
#include "python/description.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/gate.h"
#include "python/mapping.h"
#include "python/tensor_memory.h"

namespace tensorgate::python {
namespace {

constexpr std::array<const char*, 2> kRaggedParts{"values", "row_splits"};
constexpr std::array<const char*, 3> kSparseParts{"indices", "values", "dense_shape"};

// One part of a mapping; null where it has none of the name. A dict's own __missing__ is not asked: it may add one.
py::object item_of(py::handle mapping, const char* name) {
  const py::str key(name);
  if (PyDict_Check(mapping.ptr())) {
    PyObject* item = PyDict_GetItemWithError(mapping.ptr(), key.ptr());
    if (item == nullptr && PyErr_Occurred() != nullptr) throw py::error_already_set();
    return py::reinterpret_borrow<py::object>(item);
  }
  return mapping.contains(key) ? py::object(mapping[key]) : py::object();
}

// The parts of one tensor; all of them, or none where the object has no such parts, or others too.
template <std::size_t N>
std::array<py::object, N> parts_of(py::handle value, const std::array<const char*, N>& names, Exporter exporter) {
  const bool is_tuple = PyTuple_Check(value.ptr());
  const bool is_object = exporter_of(value) == exporter;
  if (!is_object) {
    const bool has_size = is_tuple ? PyTuple_GET_SIZE(value.ptr()) == static_cast<Py_ssize_t>(N)
                                   : is_mapping(value) && py::len(value) == N;
    if (!has_size) return {};
  }
  std::array<py::object, N> parts;
  for (std::size_t i = 0; i < N; ++i) {
    if (is_object) {
      parts[i] = value.attr(names[i]);
    } else if (is_tuple) {
      parts[i] = py::reinterpret_borrow<py::object>(PyTuple_GET_ITEM(value.ptr(), static_cast<Py_ssize_t>(i)));
    } else {
      parts[i] = item_of(value, names[i]);
    }
    if (!parts[i]) return {};
  }
  return parts;
}

std::array<py::object, 2> ragged_parts(py::handle value) {
  return parts_of(value, kRaggedParts, Exporter::ragged_tensor);
}

std::array<py::object, 3> sparse_parts(py::handle value) {
  return parts_of(value, kSparseParts, Exporter::sparse_tensor);
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

// Whole numbers, row by row, as they lay in a part when it was looked at.
struct Integers {
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> numbers;
};

Integers copied(const StridedTensor& tensor) {
  Integers out{{tensor.dims.begin(), tensor.dims.end()}, {}};
  const auto width = static_cast<std::int64_t>(item_size(tensor.dtype));
  const char* next = static_cast<const char*>(tensor.data);
  for (Indices at(tensor.dims); at.more(); at.next()) {
    const char* from = next;
    if (tensor.strides != nullptr) {
      from = static_cast<const char*>(tensor.data);
      for (std::size_t axis = 0; axis < tensor.dims.size(); ++axis) from += at.index()[axis] * tensor.strides[axis];
    }
    next += width;
    if (width == 4) {
      std::int32_t number = 0;
      std::memcpy(&number, from, 4);
      out.numbers.push_back(number);
    } else {
      std::int64_t number = 0;
      std::memcpy(&number, from, 8);
      out.numbers.push_back(number);
    }
  }
  return out;
}

// Those of a part that has passed, whatever their width and strides; nothing, and a violation, where the part's own
// code has changed it since.
std::optional<Integers> integers_of(py::handle value, std::int32_t rank, Violations& out, const std::string& path) {
  Description description;
  describe(value, description);
  std::optional<Refusal> refusal = description.refusal;
  const bool is_integer = description.dtype == DType::int32 || description.dtype == DType::int64;
  if (!refusal && (!is_integer || description.rank != rank)) {
    refusal = Refusal{ViolationCode::unsupported, with_article(type_text(value)), "it changed while it was looked at"};
  }
  if (!refusal) {
    const TensorMemory memory(value, description);
    refusal = memory.refusal();
    if (!refusal) return copied(memory.tensor());
  }
  out.add({.path = path, .code = refusal->code, .got = refusal->got, .hint = refusal->hint});
  return std::nullopt;
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
      return refuse(at, spec, own_path, "pass a tf.RaggedTensor, or a dict of its values and row_splits", out);
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

void inspect_sparse(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                    Inspection& inspection, bool elements, RowMarks* rows) {
  Violations& out = inspection.out();
  const auto [indices, values, dense_shape] = sparse_parts(value);
  if (!indices) {
    return refuse(value, spec, path, "pass a tf.SparseTensor, or a dict of its indices, values and dense_shape", out);
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

}  // namespace

std::int64_t composite_rows(py::handle value, const TensorSpec& spec) {
  if (spec.encoding == Encoding::ragged) {
    const py::object row_splits = ragged_parts(value)[1];
    return row_splits ? first_size(row_splits) - 1 : -1;
  }
  const py::object dense_shape = sparse_parts(value)[2];
  Violations found;
  const auto sizes = dense_shape ? integers_of(dense_shape, 1, found, "") : std::nullopt;
  return sizes && !sizes->numbers.empty() ? sizes->numbers[0] : -1;
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
