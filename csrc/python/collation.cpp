#include "python/collation.h"

#include <pybind11/stl.h>

#include <algorithm>
#include <cstring>

#include "core/errors.h"
#include "core/strided_copy.h"
#include "core/text.h"
#include "python/errors.h"
#include "python/numpy_tensor.h"
#include "python/rows.h"
#include "python/tensor_memory.h"
#include "python/tensor_value_array.h"

namespace tensorgate::python {
namespace {

Nest before_padding(const Signature& signature) {
  Nest out = signature.inputs;
  for_each_tensor(out, [&](TensorSpec& spec) {
    if (!spec.shape.rank_known() || spec.encoding != Encoding::dense) return;
    std::vector<Dim> dims = spec.shape.dims();
    for (std::size_t axis = has_batch_axis(signature, spec) ? 1 : 0; axis < dims.size(); ++axis) {
      SizeRules& rules = dims[axis].rules;
      const bool is_bounded = rules.max != SizeRules::kNoMaximum;
      rules = {.max = is_bounded ? rules.max - rules.max % rules.multiple_of : rules.max};
    }
    spec.shape = Shape(std::move(dims));
  });
  return out;
}

// How far a request is from a form: wrong ranks count most, as a single row has one less in all inputs.
std::pair<std::ptrdiff_t, std::size_t> distance(const Violations& found) {
  const auto ranks = std::count_if(found.kept().begin(), found.kept().end(),
                                   [](const Violation& violation) { return violation.code == ViolationCode::rank; });
  return {ranks, found.size()};
}

// Arrays lie anywhere in memory: those of the next requests are fetched while one is copied.
constexpr std::size_t kAhead = 8;

PyArrayObject* array_of(const py::object& tensor) { return reinterpret_cast<PyArrayObject*>(tensor.ptr()); }

// False where a request's own code gets in the way.
bool collected(const BatchGate& gate, PyObject* request, std::span<py::object> out) {
  try {
    return gate.collect(request, out);
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    return false;
  }
}

py::object int64_array(std::span<const std::int64_t> values, std::vector<npy_intp> dims) {
  auto out =
      py::reinterpret_steal<py::object>(PyArray_SimpleNew(static_cast<int>(dims.size()), dims.data(), NPY_INT64));
  if (!out) throw py::error_already_set();
  std::copy(values.begin(), values.end(), static_cast<std::int64_t*>(PyArray_DATA(array_of(out))));
  return out;
}

// The elements as a NumPy array, which is what all requests are joined from.
py::object as_array(const py::object& tensor) {
  Description description;
  describe(tensor, description);
  TensorMemory memory(tensor, description);
  if (!memory.refusal()) return memory_array(std::move(memory));
  throw InvalidInput(with_article(type_text(tensor)) + " can't be joined: " + memory.refusal()->hint.value_or(""));
}

}  // namespace

Collator::Collator(const Signature& signature, bool padded)
    : batch_inputs_(padded ? before_padding(signature) : signature.inputs),
      row_inputs_(row_inputs({.inputs = batch_inputs_, .batch_dim = signature.batch_dim})),
      batch_gate_(batch_inputs_),
      row_gate_(row_inputs_) {
  for_each_tensor(signature.inputs, "inputs", [&](const std::string& path, const TensorSpec& spec) {
    inputs_.push_back({path, spec, has_batch_axis(signature, spec)});
  });
  if (std::none_of(inputs_.begin(), inputs_.end(), [](const Input& input) { return input.batched; })) {
    throw InvalidInput("no input has a batch dimension, so requests can't be put into one batch");
  }
}

Collation::Collation(const Collator& collator, const py::tuple& requests)
    : collator_(collator), sizes_(requests.size()) {
  verdicts_.ok.assign(requests.size(), 1);
  tensors_.reserve(requests.size() * width());
  good_.reserve(requests.size());
  // Requests of one form come together: the gate that took the last one is asked first.
  bool rows_first = false;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    PyObject* request = PyTuple_GET_ITEM(requests.ptr(), static_cast<Py_ssize_t>(i));
    verdicts_.violations.set_request(static_cast<std::int64_t>(i));
    const auto try_as = [&](bool is_row) {
      const BatchGate& gate = is_row ? collator_.row_gate_ : collator_.batch_gate_;
      return gate.judge(request) == BatchGate::Verdict::accepted && take(gate, is_row, i, request);
    };
    const std::size_t told = verdicts_.violations.size();
    if (try_as(rows_first)) continue;
    if (verdicts_.violations.size() == told && try_as(!rows_first)) {
      rows_first = !rows_first;
      continue;
    }
    if (verdicts_.violations.size() == told) {
      // Neither form, or one that only the slow look can tell: what is wrong is said of the form that is nearer.
      Violations as_batch;
      Violations as_row;
      collator_.batch_gate_.inspect(request, collator_.batch_inputs_, as_batch);
      collator_.row_gate_.inspect(request, collator_.row_inputs_, as_row);
      const bool is_row = distance(as_row) < distance(as_batch);
      const Violations& found = is_row ? as_row : as_batch;
      if (found.empty() && take(is_row ? collator_.row_gate_ : collator_.batch_gate_, is_row, i, request)) continue;
      for (const Violation& violation : found.kept()) verdicts_.violations.add(violation);
      if (verdicts_.violations.size() == told) {
        verdicts_.violations.add({.path = "inputs",
                                  .code = ViolationCode::structure,
                                  .expected = text(collator_.batch_inputs_),
                                  .got = "a request that changed while it was looked at"});
      }
    }
    verdicts_.ok[i] = 0;
  }
}

bool Collation::take(const BatchGate& gate, bool is_row, std::size_t position, PyObject* request) {
  tensors_.resize(tensors_.size() + width());
  const std::span<py::object> own(tensors_.data() + tensors_.size() - width(), width());
  std::optional<std::int64_t> rows;
  if (collected(gate, request, own)) {
    for (std::size_t i = 0; i < width(); ++i) {
      const TensorSpec& spec = collator_.inputs_[i].spec;
      if (!own[i] || spec.encoding != Encoding::dense || spec.dtype == DType::string) continue;
      if (PyArray_CheckExact(own[i].ptr())) continue;
      own[i] = as_array(own[i]);
    }
    rows = rows_of(own, is_row);
  }
  if (!rows) {
    tensors_.resize(tensors_.size() - width());
    return false;
  }
  good_.push_back({is_row, *rows});
  sizes_[position] = *rows;
  return true;
}

// The rows that a request's inputs agree on.
std::optional<std::int64_t> Collation::rows_of(std::span<const py::object> tensors, bool is_row) {
  std::optional<std::int64_t> rows;
  std::size_t first = 0;
  for (std::size_t i = 0; i < width(); ++i) {
    const Collator::Input& input = collator_.inputs_[i];
    if (!tensors[i] || !input.batched) continue;
    const bool has_axis = !is_row || input.spec.encoding != Encoding::dense;
    const std::int64_t own = !has_axis                              ? 1
                             : PyArray_CheckExact(tensors[i].ptr()) ? PyArray_DIM(array_of(tensors[i]), 0)
                                                                    : row_count(tensors[i], input.spec);
    if (!rows) {
      rows = own;
      first = i;
    } else if (*rows != own) {
      verdicts_.violations.add({.path = input.path,
                                .code = ViolationCode::dim_mismatch,
                                .expected = std::to_string(*rows) + (*rows == 1 ? " row" : " rows") + " as in " +
                                            collator_.inputs_[first].path,
                                .got = std::to_string(own),
                                .index = {{0}}});
      return std::nullopt;
    }
  }
  // What is absent from this request may be there in others.
  return rows ? rows : 1;
}

py::object Collation::sizes() const { return int64_array(sizes_, {static_cast<npy_intp>(sizes_.size())}); }

py::list Collation::tensors(std::size_t input) const {
  py::list out(good_.size());
  for (std::size_t i = 0; i < good_.size(); ++i) out[i] = tensor(i, input) ? tensor(i, input) : py::none();
  return out;
}

std::span<const std::int64_t> Collation::row_dims(std::size_t good, std::size_t input) const {
  PyArrayObject* array = array_of(tensor(good, input));
  const std::span<const std::int64_t> dims(PyArray_DIMS(array), static_cast<std::size_t>(PyArray_NDIM(array)));
  const std::size_t rank = collator_.inputs_[input].spec.shape.dims().size() - 1;
  // An array that was given another shape after its check.
  if (dims.size() != rank + (good_[good].is_row ? 0 : 1)) throw InvalidInput("a request changed while it was joined");
  return good_[good].is_row ? dims : dims.subspan(1);
}

std::optional<std::vector<std::int64_t>> Collation::row_shape(std::size_t input) const {
  const Collator::Input& own = collator_.inputs_[input];
  if (!own.batched || own.spec.encoding != Encoding::dense || own.spec.dtype == DType::string || good_.empty()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < good_.size(); ++i) {
    if (!tensor(i, input)) return std::nullopt;
    const auto dims = row_dims(i, input);
    const auto first = row_dims(0, input);
    if (!std::equal(dims.begin(), dims.end(), first.begin(), first.end())) return std::nullopt;
  }
  const auto dims = row_dims(0, input);
  return std::vector<std::int64_t>(dims.begin(), dims.end());
}

py::object Collation::row_shapes(std::size_t input) const {
  std::vector<std::int64_t> all;
  for (std::size_t i = 0; i < good_.size(); ++i) {
    const auto dims = row_dims(i, input);
    all.insert(all.end(), dims.begin(), dims.end());
  }
  const std::size_t rank = collator_.inputs_[input].spec.shape.dims().size() - 1;
  return int64_array(all, {static_cast<npy_intp>(good_.size()), static_cast<npy_intp>(rank)});
}

py::object Collation::join(std::size_t input, const std::vector<std::int64_t>& shape, const py::object& fill) const {
  const TensorSpec& spec = collator_.inputs_[input].spec;
  const auto dtype = numpy_dtype(spec.dtype);
  std::vector<npy_intp> dims{0};
  for (const Request& request : good_) dims[0] += request.rows;
  dims.insert(dims.end(), shape.begin(), shape.end());
  Py_INCREF(dtype.ptr());  // which the new array takes over
  auto out = py::reinterpret_steal<py::object>(
      PyArray_Empty(static_cast<int>(dims.size()), dims.data(), reinterpret_cast<PyArray_Descr*>(dtype.ptr()), 0));
  if (!out) throw py::error_already_set();
  if (!fill.is_none()) out.attr("fill")(fill);
  PyArrayObject* whole = array_of(out);
  const std::size_t item = item_size(spec.dtype);
  const std::span<const std::int64_t> strides(PyArray_STRIDES(whole), dims.size());
  for (std::size_t i = 0; i < good_.size(); ++i) {
    PyArray_Descr* descr = PyArray_DESCR(array_of(tensor(i, input)));
    if (dtype_of_descr(descr) != spec.dtype || !PyArray_ISNBO(descr->byteorder)) {
      throw InvalidInput("a request changed while it was joined");
    }
  }
  const bool is_padded = !fill.is_none();
  char* to = PyArray_BYTES(whole);
  std::int64_t rows_left = dims[0];
  // No Python code runs from here on: it could give an array other memory.
  for (std::size_t i = 0; i < good_.size(); ++i) {
    if (i + kAhead < good_.size()) {
      __builtin_prefetch(tensor(i + kAhead, input).ptr());
      __builtin_prefetch(PyArray_DATA(array_of(tensor(i + kAhead / 2, input))));
    }
    PyArrayObject* array = array_of(tensor(i, input));
    const auto own = row_dims(i, input);
    const std::int64_t rows = good_[i].rows;
    // What is not filled up must be covered.
    const bool fits = std::equal(own.begin(), own.end(), shape.begin(), shape.end(),
                                 [&](std::int64_t a, std::int64_t b) { return is_padded ? a <= b : a == b; }) &&
                      static_cast<std::size_t>(PyArray_ITEMSIZE(array)) == item && rows <= rows_left &&
                      (good_[i].is_row || PyArray_DIM(array, 0) == rows);
    if (!fits) throw InvalidInput("a request changed while it was joined");
    if (!is_padded && PyArray_IS_C_CONTIGUOUS(array)) {
      std::memcpy(to, PyArray_DATA(array), static_cast<std::size_t>(rows * strides[0]));
    } else {
      copy_elements(elements_of(array, spec.dtype), to, good_[i].is_row ? strides.subspan(1) : strides);
    }
    to += rows * strides[0];
    rows_left -= rows;
  }
  return out;
}

}  // namespace tensorgate::python
