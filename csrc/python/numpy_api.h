#pragma once

// NumPy's C API, for every file of this folder. module.cpp defines TENSORGATE_IMPORTS_NUMPY and fills the table.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL tensorgate_numpy_api
#ifndef TENSORGATE_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include <cstdint>

static_assert(sizeof(npy_intp) == sizeof(std::int64_t), "shapes are read in place as int64");

namespace tensorgate::python {

// ndarray, found at import: &PyArray_Type looks it up in NumPy's table each time.
inline PyTypeObject* array_type = nullptr;

}  // namespace tensorgate::python
