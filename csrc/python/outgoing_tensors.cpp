#include "python/outgoing_tensors.h"

#include <utility>

#include "core/errors.h"
#include "core/strided_walk.h"
#include "core/text.h"
#include "python/arguments.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/mapping.h"
#include "python/numpy_tensor.h"
#include "python/tensor_strings.h"
#include "python/tensorflow_tensor.h"

namespace tensorgate::python {
namespace {

// So many strings fill a message, even if all are empty. An array that repeats its memory may say it has more.
constexpr std::int64_t kMostStrings = INT32_MAX / 2;

py::object steal(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

// The text of a str, which it keeps; nothing where UTF-8 can't hold it.
std::optional<std::string_view> utf8_of(PyObject* text) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data != nullptr) return std::string_view(data, static_cast<std::size_t>(size));
  if (PyErr_ExceptionMatches(PyExc_MemoryError)) throw py::error_already_set();
  PyErr_Clear();
  return std::nullopt;
}

std::optional<std::string_view> bytes_of(PyObject* element) {
  if (element == nullptr) return std::nullopt;
  if (PyBytes_Check(element)) {
    return std::string_view(PyBytes_AS_STRING(element), static_cast<std::size_t>(PyBytes_GET_SIZE(element)));
  }
  return PyUnicode_Check(element) ? utf8_of(element) : std::nullopt;
}

// The strings of any tensor of them as an array of objects without gaps; null for a tensor on a device.
py::object objects_of(py::handle value) {
  py::object array = py::reinterpret_borrow<py::object>(value);
  switch (exporter_of(value)) {
    case Exporter::tf_variable:
      array = value.attr("value")();
      [[fallthrough]];
    case Exporter::eager_tensor:
      array = array_of_eager_tensor(array);
      break;
    case Exporter::numpy_scalar:
      array = steal(PyArray_FromScalar(value.ptr(), nullptr));
      break;
    default:
      break;
  }
  if (!array) return array;
  return steal(PyArray_FromAny(array.ptr(), PyArray_DescrFromType(NPY_OBJECT), 0, 0,
                               NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ENSUREARRAY, nullptr));
}

}  // namespace

void OutgoingTensors::add_lone(std::string_view name, py::handle tensor) {
  is_lone_ = true;
  add(name, tensor);
}

void OutgoingTensors::add_all(py::handle mapping) {
  const py::object items = items_of(mapping);
  const auto count = static_cast<std::size_t>(PyList_GET_SIZE(items.ptr()));
  tensors_.reserve(count);
  owners_.reserve(2 * count);
  sizes_.reserve(count);
  for (const py::handle item : items) {
    auto [key, value] = pair_of(item);
    std::optional<std::string_view> name;
    if (PyUnicode_Check(key.ptr())) name = utf8_of(key.ptr());
    if (!name) string_argument(key, "the name of a tensor");
    owners_.push_back(std::move(key));
    add(*name, value);
  }
}

void OutgoingTensors::add(std::string_view name, py::handle value) {
  if (add_plain_array(name, value)) return;
  Description description;
  describe(value, description);
  if (description.refusal) return refuse(name, *description.refusal);
  if (description.dtype == DType::string) return add_strings(name, value, description);
  if (description.dtype == DType::invalid || item_size(description.dtype) == 0) {
    return refuse(name, {ViolationCode::dtype, dtype_text(value, description), std::nullopt});
  }
  const TensorMemory memory(value, description);
  if (memory.refusal()) return refuse(name, *memory.refusal());
  add_numbers(name, memory.tensor(), memory.owner());
}

bool OutgoingTensors::add_plain_array(std::string_view name, py::handle value) {
  if (!PyArray_CheckExact(value.ptr())) return false;
  auto* array = reinterpret_cast<PyArrayObject*>(value.ptr());
  PyArray_Descr* descr = PyArray_DESCR(array);
  if (descr->type_num == NPY_VOID || !PyArray_ISNBO(descr->byteorder)) return false;
  const DType dtype = dtype_of_descr(descr);
  if (item_size(dtype) == 0) return false;
  add_numbers(name, elements_of(array, dtype), py::reinterpret_borrow<py::object>(value));
  return true;
}

void OutgoingTensors::add_numbers(std::string_view name, const StridedTensor& elements, const py::object& owner) {
  const std::size_t rank = elements.dims.size();
  std::vector<std::int64_t>& sizes = sizes_.emplace_back(elements.dims.begin(), elements.dims.end());
  if (elements.strides != nullptr) sizes.insert(sizes.end(), elements.strides, elements.strides + rank);
  const std::int64_t* strides = elements.strides == nullptr ? nullptr : sizes.data() + rank;
  owners_.push_back(owner);
  tensors_.push_back({name, {elements.dtype, elements.data, {sizes.data(), rank}, strides}, {}});
  bytes_ += static_cast<std::uint64_t>(element_count(elements)) * item_size(elements.dtype);
}

void OutgoingTensors::add_strings(std::string_view name, py::handle value, const Description& description) {
  const auto dims = description.view().dims;
  if (element_count({DType::string, nullptr, dims}) > kMostStrings) {
    throw InvalidInput(path_of(name) + " has more strings than a message can hold");
  }
  py::object array;
  try {
    array = objects_of(value);
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    return refuse(name, {ViolationCode::not_utf8, "a character that UTF-8 does not have", std::nullopt});
  }
  if (!array) return refuse(name, {ViolationCode::unsupported, "a tensor on a device", "copy it to the CPU"});
  auto* objects = reinterpret_cast<PyArrayObject*>(array.ptr());
  auto* const* elements = static_cast<PyObject* const*>(PyArray_DATA(objects));
  const auto count = static_cast<std::size_t>(PyArray_SIZE(objects));
  std::vector<std::string_view>& strings = strings_.emplace_back();
  strings.reserve(count);
  owners_.reserve(owners_.size() + count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto text = bytes_of(elements[i]);
    if (!text) break;
    strings.push_back(*text);
    // The array may be given other elements while these are written.
    owners_.push_back(py::reinterpret_borrow<py::object>(elements[i]));
    bytes_ += text->size();
  }
  if (strings.size() == count) {
    const std::vector<std::int64_t>& sizes =
        sizes_.emplace_back(PyArray_DIMS(objects), PyArray_DIMS(objects) + PyArray_NDIM(objects));
    tensors_.push_back({name, {DType::string, nullptr, sizes}, strings});
    return;
  }
  for (StringFault& fault : find_string_faults(array, nullptr)) {
    const bool is_type = fault.code == ViolationCode::dtype;
    refuse({.path = path_of(name),
            .code = fault.code,
            .expected = is_type ? "string" : expected_text({}, fault.code, DType::string, fault.index),
            .got = std::move(fault.got),
            .hint = is_type ? std::optional<std::string>("each element must be str or bytes") : std::nullopt,
            .index = std::move(fault.index),
            .count = fault.count});
  }
}

void OutgoingTensors::refuse(std::string_view name, const Refusal& refusal) {
  refuse(
      {.path = path_of(name), .code = refusal.code, .expected = "a tensor", .got = refusal.got, .hint = refusal.hint});
}

std::string OutgoingTensors::path_of(std::string_view name) const { return is_lone_ ? path_ : at(path_, name); }

void OutgoingTensors::require_all(const std::string& subject) const {
  if (!violations_.empty()) throw_validation_error(subject, violations_);
}

}  // namespace tensorgate::python
