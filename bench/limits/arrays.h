#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

// One table of NumPy's functions for all files: module.c fills it.
#define PY_ARRAY_UNIQUE_SYMBOL tensorgate_limits
#ifndef FILLS_THE_TABLE_OF_NUMPY
#define NO_IMPORT_ARRAY
#endif
#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

static inline int is_array(PyObject* value, int type_num, int type_num_alias, int rank) {
  if (value == NULL || Py_TYPE(value) != &PyArray_Type) return 0;
  PyArrayObject* array = (PyArrayObject*)value;
  PyArray_Descr* descr = PyArray_DESCR(array);
  return (descr->type_num == type_num || descr->type_num == type_num_alias) && PyArray_ISNBO(descr->byteorder) &&
         PyArray_NDIM(array) == rank;
}
