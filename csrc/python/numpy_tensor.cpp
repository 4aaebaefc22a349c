#include "python/numpy_tensor.h"

#include <string_view>

#include "core/text.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

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

}  // namespace tensorgate::python
