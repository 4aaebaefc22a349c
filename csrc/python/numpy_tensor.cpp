#include "python/numpy_tensor.h"

#include <cstring>
#include <string_view>

#include "core/text.h"
#include "python/utf8_text.h"

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
  const auto dtype = dtype_from_name(utf8_text(field));
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

constexpr const char* kLoneSurrogate = "a str with a lone surrogate";

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

// Steps over an array's elements in row-major order, whatever its strides and rank, and says where it is. No Python
// code may run meanwhile: it could give the array other memory.
class Elements {
 public:
  explicit Elements(PyArrayObject* array)
      : array_(array),
        data_(PyArray_BYTES(array)),
        left_(PyArray_SIZE(array)),
        index_(static_cast<std::size_t>(PyArray_NDIM(array))) {}

  bool more() const { return left_ > 0; }
  const char* data() const { return data_; }
  const std::vector<std::int64_t>& index() const { return index_; }

  void next() {
    --left_;
    for (int axis = PyArray_NDIM(array_) - 1; axis >= 0; --axis) {
      std::int64_t& at = index_[static_cast<std::size_t>(axis)];
      if (++at < PyArray_DIM(array_, axis)) {
        data_ += PyArray_STRIDE(array_, axis);
        return;
      }
      data_ -= PyArray_STRIDE(array_, axis) * (at - 1);
      at = 0;
    }
  }

 private:
  PyArrayObject* array_;
  const char* data_;
  npy_intp left_;
  std::vector<std::int64_t> index_;
};

// Keeps the first fault and counts all; the text is made when the walk is over.
class Faults {
 public:
  void add(const Elements& where, ViolationCode code, PyObject* element = nullptr) {
    if (count_++ > 0) return;
    code_ = code;
    element_ = py::reinterpret_borrow<py::object>(element);
    index_ = where.index();
  }

  std::optional<StringFault> result() const {
    if (count_ == 0) return std::nullopt;
    return StringFault{code_, got(), index_, count_};
  }

 private:
  std::string got() const {
    if (code_ == ViolationCode::dtype) return "an object array with " + with_article(type_text(element_));
    return element_ ? kLoneSurrogate : "a character that UTF-8 does not have";
  }

  ViolationCode code_ = ViolationCode::dtype;
  py::object element_;
  std::vector<std::int64_t> index_;
  std::int64_t count_ = 0;
};

void look_at_string(PyObject* element, const Elements& where, Faults& faults) {
  if (PyBytes_Check(element)) return;
  if (!PyUnicode_Check(element)) {
    faults.add(where, ViolationCode::dtype, element);
  } else if (!encodes_as_utf8(element)) {
    faults.add(where, ViolationCode::not_utf8, element);
  }
}

bool are_code_points(const char* data, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    std::uint32_t c = 0;
    std::memcpy(&c, data + 4 * i, 4);
    if (is_lone_surrogate(c) || c > 0x10FFFF) return false;
  }
  return true;
}

py::object own_descr(py::handle object) {
  PyObject* descr =
      PyArray_Check(object.ptr())
          ? Py_NewRef(reinterpret_cast<PyObject*>(PyArray_DESCR(reinterpret_cast<PyArrayObject*>(object.ptr()))))
          : reinterpret_cast<PyObject*>(PyArray_DescrFromScalar(object.ptr()));
  if (descr == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(descr);
}

void describe_descr(const py::object& owned, Description& out) {
  auto* descr = reinterpret_cast<PyArray_Descr*>(owned.ptr());
  out.dtype = dtype_of_descr(descr);
  if (out.dtype != DType::invalid && is_swapped(descr)) {
    out.refuse(ViolationCode::byte_order, "big-endian " + std::string(name(out.dtype)),
               "convert it with x.astype(x.dtype.newbyteorder('='))");
  }
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
  out.set_shape(PyArray_DIMS(array), PyArray_NDIM(array));
  describe_descr(own_descr(object), out);
  if (is_masked(object)) {
    out.refuse(ViolationCode::unsupported, "a masked array", "TensorFlow would drop the mask: pass x.filled(value)");
  }
}

void describe_numpy_scalar(py::handle object, Description& out) {
  out.set_shape(nullptr, 0);
  describe_descr(own_descr(object), out);
}

std::string numpy_dtype_text(py::handle object) { return utf8_text(py::str(own_descr(object))); }

std::optional<StringFault> find_numpy_array_string_fault(py::handle object) {
  auto* array = reinterpret_cast<PyArrayObject*>(object.ptr());
  const py::object owned = own_descr(object);
  auto* descr = reinterpret_cast<PyArray_Descr*>(owned.ptr());
  Faults faults;
  if (descr->type_num == NPY_OBJECT) {
    for (Elements elements(array); elements.more(); elements.next()) {
      PyObject* element = nullptr;
      std::memcpy(&element, elements.data(), sizeof element);
      // NumPy's own empty object arrays hold null pointers, which stand for None.
      look_at_string(element != nullptr ? element : Py_None, elements, faults);
    }
  } else if (descr->type_num == NPY_UNICODE) {
    const std::size_t length = static_cast<std::size_t>(PyArray_ITEMSIZE(array)) / 4;
    for (Elements elements(array); elements.more(); elements.next()) {
      if (!are_code_points(elements.data(), length)) faults.add(elements, ViolationCode::not_utf8);
    }
  } else if (descr->type_num == kStringDType && py::hasattr(owned, "na_object")) {
    for (Elements elements(array); elements.more(); elements.next()) {
      const auto element = py::reinterpret_steal<py::object>(PyArray_GETITEM(array, elements.data()));
      if (!element) throw py::error_already_set();
      look_at_string(element.ptr(), elements, faults);
    }
  }
  return faults.result();
}

std::optional<StringFault> find_numpy_scalar_string_fault(py::handle object) {
  if (!PyUnicode_Check(object.ptr()) || encodes_as_utf8(object.ptr())) return std::nullopt;
  return StringFault{ViolationCode::not_utf8, kLoneSurrogate, {}, 1};
}

}  // namespace tensorgate::python
