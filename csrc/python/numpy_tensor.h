#pragma once

#include "python/description.h"
#include "python/numpy_api.h"

namespace tensorgate::python {

inline constexpr int kStringDType = 2056;  // NPY_VSTRING, named in NumPy 2's headers alone

// TensorFlow's dtype for NumPy's type numbers below 24, where the number alone decides. Strings, objects and
// structured types need a closer look and are DType::invalid here.
inline constexpr std::array<DType, 24> kDTypeOfTypeNumber = [] {
  std::array<DType, 24> table{};
  table[NPY_BOOL] = DType::boolean;
  table[NPY_BYTE] = DType::int8;
  table[NPY_UBYTE] = DType::uint8;
  table[NPY_SHORT] = DType::int16;
  table[NPY_USHORT] = DType::uint16;
  table[NPY_INT] = DType::int32;
  table[NPY_UINT] = DType::uint32;
  // long and longlong are two type numbers of one size on most platforms.
  table[NPY_LONG] = sizeof(long) == 8 ? DType::int64 : DType::int32;
  table[NPY_ULONG] = sizeof(long) == 8 ? DType::uint64 : DType::uint32;
  table[NPY_LONGLONG] = DType::int64;
  table[NPY_ULONGLONG] = DType::uint64;
  table[NPY_HALF] = DType::float16;
  table[NPY_FLOAT] = DType::float32;
  table[NPY_DOUBLE] = DType::float64;
  table[NPY_CFLOAT] = DType::complex64;
  table[NPY_CDOUBLE] = DType::complex128;
  return table;
}();

// The dtype of a NumPy descr, byte order aside; DType::invalid where TensorFlow has none.
DType dtype_of_descr(PyArray_Descr* descr);

void describe_numpy_array(py::handle object, Description& out);
void describe_numpy_scalar(py::handle object, Description& out);
std::string numpy_dtype_text(py::handle object);

}  // namespace tensorgate::python
