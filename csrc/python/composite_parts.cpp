#include "python/composite_parts.h"

#include "core/strided_copy.h"
#include "core/text.h"
#include "python/description.h"
#include "python/errors.h"
#include "python/exporter.h"
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

template <class Number>
std::vector<Number> numbers_of(const StridedTensor& tensor, std::size_t count) {
  std::vector<Number> own(count);
  copy_elements(tensor, reinterpret_cast<char*>(own.data()), row_major_strides(tensor.dims, sizeof(Number)));
  return own;
}

Integers copied(const StridedTensor& tensor, std::size_t count) {
  Integers out{.dims = {tensor.dims.begin(), tensor.dims.end()}};
  if (tensor.dtype == DType::int32) {
    const auto narrow = numbers_of<std::int32_t>(tensor, count);
    out.numbers.assign(narrow.begin(), narrow.end());
  } else {
    out.numbers = numbers_of<std::int64_t>(tensor, count);
  }
  return out;
}

}  // namespace

std::array<py::object, 2> ragged_parts(py::handle value) {
  return parts_of(value, kRaggedParts, Exporter::ragged_tensor);
}

std::array<py::object, 3> sparse_parts(py::handle value) {
  return parts_of(value, kSparseParts, Exporter::sparse_tensor);
}

void refuse_parts(py::handle value, const TensorSpec& spec, const std::string& path, const char* hint,
                  Violations& out) {
  out.add({.path = path,
           .code = ViolationCode::structure,
           .expected = text(spec),
           .got = with_article(type_text(value)),
           .hint = hint});
}

bool inspect_part(py::handle value, const Part& part, const std::string& path, Violations& out, bool elements) {
  Inspection inspection(part.plan, out);
  return inspect_value(value, 0, part.spec, path, inspection, elements);
}

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
    if (!refusal) return copied(memory.tensor(), memory.bytes() / item_size(description.dtype));
  }
  out.add({.path = path, .code = refusal->code, .got = refusal->got, .hint = refusal->hint});
  return std::nullopt;
}

std::int64_t first_size(py::handle value) {
  Description description;
  describe(value, description);
  return description.rank > 0 ? description.dims[0] : -1;
}

Marks faulty_elements(py::handle value, const Part& part, std::int64_t count) {
  Marks marks(count);
  mark_rows(value, part.plan, 0, {marks.bad.get(), marks.count});
  return marks;
}

}  // namespace tensorgate::python
