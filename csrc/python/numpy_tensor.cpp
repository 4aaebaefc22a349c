#include "python/numpy_tensor.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/text.h"

namespace tensorgate::python {
namespace {

constexpr int kStringDType = 2056;  // NPY_VSTRING, named in NumPy 2's headers alone
constexpr int kFirstUserType = 256;

// ml_dtypes' types are told apart by their classes: their type numbers are given at registration.
DType dtype_of_scalar_type(PyTypeObject* type) {
  struct Entry {
    PyTypeObject* type;
    DType dtype;
  };
  static std::array<Entry, 32> seen{};
  static std::size_t count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (seen[i].type == type) return seen[i].dtype;
  }
  const py::handle handle(reinterpret_cast<PyObject*>(type));
  DType dtype = DType::invalid;
  if (py::str(handle.attr("__module__")).cast<std::string>() == "ml_dtypes") {
    dtype = dtype_from_name(py::str(handle.attr("__name__")).cast<std::string>()).value_or(DType::invalid);
  }
  if (dtype != DType::invalid && count < seen.size()) {
    Py_INCREF(type);
    seen[count++] = {type, dtype};
  }
  return dtype;
}

// TensorFlow shows its quantized types as structured ones of a single field that bears the type's name.
DType dtype_of_structured(PyArray_Descr* descr) {
  const py::object names = py::getattr(reinterpret_cast<PyObject*>(descr), "names");
  if (!py::isinstance<py::tuple>(names) || py::len(names) != 1) return DType::invalid;
  const py::object field = names[py::int_(0)];
  const auto dtype = dtype_from_name(field.cast<std::string>());
  if (!dtype || kind(*dtype) != DTypeKind::quantized) return DType::invalid;
  const auto size = py::getattr(reinterpret_cast<PyObject*>(descr), "itemsize").cast<std::size_t>();
  return size == item_size(*dtype) ? *dtype : DType::invalid;
}

bool is_swapped(PyArray_Descr* descr) {
  if (!PyArray_ISNBO(descr->byteorder)) return true;
  if (descr->type_num != NPY_VOID) return false;
  return !py::getattr(reinterpret_cast<PyObject*>(descr), "isnative").cast<bool>();
}

bool is_masked(py::handle object) {
  const py::handle modules(PyImport_GetModuleDict());
  if (PyArray_CheckExact(object.ptr()) || !modules.contains("numpy.ma")) return false;
  return py::isinstance(object, modules["numpy.ma"].attr("MaskedArray"));
}

bool is_lone_surrogate(std::uint32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

bool encodes_as_utf8(PyObject* text) {
  if (PyUnicode_MAX_CHAR_VALUE(text) < 0xD800) return true;
  const int width = PyUnicode_KIND(text);
  const void* data = PyUnicode_DATA(text);
  for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); ++i) {
    if (is_lone_surrogate(PyUnicode_READ(width, data, i))) return false;
  }
  return true;
}

// Steps over an array's elements in row-major order, whatever its strides, and says where it is.
class Elements {
 public:
  explicit Elements(py::handle array) : iterator_(py::reinterpret_steal<py::object>(PyArray_IterNew(array.ptr()))) {
    if (!iterator_) throw py::error_already_set();
  }

  bool more() const { return PyArray_ITER_NOTDONE(raw()); }
  void next() { PyArray_ITER_NEXT(raw()); }
  const char* data() const { return static_cast<const char*>(PyArray_ITER_DATA(raw())); }

  std::vector<std::int64_t> index() const {
    PyArrayObject* array = raw()->ao;
    std::vector<std::int64_t> out(static_cast<std::size_t>(PyArray_NDIM(array)));
    std::int64_t rest = raw()->index;
    for (int axis = PyArray_NDIM(array) - 1; axis >= 0; --axis) {
      out[static_cast<std::size_t>(axis)] = rest % PyArray_DIM(array, axis);
      rest /= PyArray_DIM(array, axis);
    }
    return out;
  }

 private:
  PyArrayIterObject* raw() const { return reinterpret_cast<PyArrayIterObject*>(iterator_.ptr()); }

  py::object iterator_;
};

struct ElementFault {
  ViolationCode code;
  std::string got;
};

class Faults {
 public:
  void add(const Elements& where, std::optional<ElementFault> fault) {
    if (!fault) return;
    if (!fault_) fault_ = StringFault{fault->code, std::move(fault->got), where.index(), 0};
    ++fault_->count;
  }
  std::optional<StringFault> result() && { return std::move(fault_); }

 private:
  std::optional<StringFault> fault_;
};

std::optional<ElementFault> fault_of_string(PyObject* element) {
  if (PyBytes_Check(element)) return std::nullopt;
  if (!PyUnicode_Check(element)) {
    return ElementFault{ViolationCode::dtype, "an object array with " + with_article(type_text(element))};
  }
  if (encodes_as_utf8(element)) return std::nullopt;
  return ElementFault{ViolationCode::not_utf8, "a str with a lone surrogate"};
}

std::optional<ElementFault> fault_of_code_points(const char* data, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    std::uint32_t c = 0;
    std::memcpy(&c, data + 4 * i, 4);
    if (is_lone_surrogate(c) || c > 0x10FFFF) {
      return ElementFault{ViolationCode::not_utf8, "a character that UTF-8 does not have"};
    }
  }
  return std::nullopt;
}

}  // namespace

DType dtype_of_descr(PyArray_Descr* descr) {
  const int number = descr->type_num;
  if (number == NPY_OBJECT || number == NPY_STRING || number == NPY_UNICODE || number == kStringDType) {
    return DType::string;
  }
  if (number == NPY_VOID) return dtype_of_structured(descr);
  if (number >= 0 && number < static_cast<int>(kDTypeOfTypeNumber.size())) {
    return kDTypeOfTypeNumber[static_cast<std::size_t>(number)];
  }
  return number >= kFirstUserType ? dtype_of_scalar_type(descr->typeobj) : DType::invalid;
}

void describe_numpy_array(py::handle object, Description& out) {
  auto* array = reinterpret_cast<PyArrayObject*>(object.ptr());
  PyArray_Descr* descr = PyArray_DESCR(array);
  out.dtype = dtype_of_descr(descr);
  out.rank = PyArray_NDIM(array);
  std::copy_n(PyArray_DIMS(array), out.rank, out.dims.begin());
  if (is_masked(object)) {
    out.refuse(ViolationCode::unsupported, "a masked array", "TensorFlow would drop the mask: pass x.filled(value)");
  } else if (out.dtype != DType::invalid && is_swapped(descr)) {
    out.refuse(ViolationCode::byte_order, "big-endian " + std::string(name(out.dtype)),
               "convert it with x.astype(x.dtype.newbyteorder('='))");
  }
}

void describe_numpy_scalar(py::handle object, Description& out) {
  PyArray_Descr* descr = PyArray_DescrFromScalar(object.ptr());
  if (descr == nullptr) throw py::error_already_set();
  const py::object owned = py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(descr));
  out.dtype = dtype_of_descr(descr);
  out.rank = 0;
}

std::optional<StringFault> find_numpy_array_string_fault(py::handle object) {
  auto* array = reinterpret_cast<PyArrayObject*>(object.ptr());
  PyArray_Descr* descr = PyArray_DESCR(array);
  Faults faults;
  if (descr->type_num == NPY_OBJECT) {
    for (Elements elements(object); elements.more(); elements.next()) {
      PyObject* element = nullptr;
      std::memcpy(&element, elements.data(), sizeof element);
      // NumPy's own empty object arrays hold null pointers, which stand for None.
      faults.add(elements, fault_of_string(element != nullptr ? element : Py_None));
    }
  } else if (descr->type_num == NPY_UNICODE) {
    const std::size_t length = static_cast<std::size_t>(PyArray_ITEMSIZE(array)) / 4;
    for (Elements elements(object); elements.more(); elements.next()) {
      faults.add(elements, fault_of_code_points(elements.data(), length));
    }
  } else if (descr->type_num == kStringDType && py::hasattr(reinterpret_cast<PyObject*>(descr), "na_object")) {
    for (Elements elements(object); elements.more(); elements.next()) {
      const auto element = py::reinterpret_steal<py::object>(PyArray_GETITEM(array, elements.data()));
      if (!element) throw py::error_already_set();
      faults.add(elements, fault_of_string(element.ptr()));
    }
  }
  return std::move(faults).result();
}

std::optional<StringFault> find_numpy_scalar_string_fault(py::handle object) {
  if (!PyUnicode_Check(object.ptr())) return std::nullopt;
  const auto fault = fault_of_string(object.ptr());
  return fault ? std::optional(StringFault{fault->code, fault->got, {}, 1}) : std::nullopt;
}

}  // namespace tensorgate::python
