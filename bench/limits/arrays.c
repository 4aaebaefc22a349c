#include "arrays.h"

#include "limits.h"
#include "names.h"

enum { MOST_INPUTS = 128 };

static Name features[MOST_INPUTS];

// float32 [any, 128]
static PyObject* one_array(PyObject* self, PyObject* value) {
  (void)self;
  return PyBool_FromLong(is_array(value, NPY_FLOAT, NPY_FLOAT, 2) && PyArray_DIM((PyArrayObject*)value, 1) == 128);
}

// {"ids": int64 [batch, 128], "mask": int64 [batch, 128], "types": int64 [batch, 128], "weights": float32 [batch]}
static PyObject* dict_of_four(PyObject* self, PyObject* batch) {
  (void)self;
  if (!PyDict_CheckExact(batch) || PyDict_GET_SIZE(batch) != 4) Py_RETURN_FALSE;
  PyObject* a = input(batch, &ids);
  PyObject* b = input(batch, &mask);
  PyObject* c = input(batch, &types);
  PyObject* d = input(batch, &weights);
  if (!is_array(a, NPY_LONG, NPY_LONGLONG, 2) || !is_array(b, NPY_LONG, NPY_LONGLONG, 2) ||
      !is_array(c, NPY_LONG, NPY_LONGLONG, 2) || !is_array(d, NPY_FLOAT, NPY_FLOAT, 1)) {
    Py_RETURN_FALSE;
  }
  const npy_intp size = PyArray_DIM((PyArrayObject*)a, 0);
  if (PyArray_DIM((PyArrayObject*)a, 1) != 128 || PyArray_DIM((PyArrayObject*)b, 1) != 128 ||
      PyArray_DIM((PyArrayObject*)c, 1) != 128 || PyArray_DIM((PyArrayObject*)b, 0) != size ||
      PyArray_DIM((PyArrayObject*)c, 0) != size || PyArray_DIM((PyArrayObject*)d, 0) != size) {
    Py_RETURN_FALSE;
  }
  Py_RETURN_TRUE;
}

// {"feature_0": float32 [batch, 128], "feature_1": float32 [batch, 128], ...}
static inline __attribute__((always_inline)) PyObject* dict_of_features(PyObject* batch, int count) {
  if (!PyDict_CheckExact(batch) || PyDict_GET_SIZE(batch) != count) Py_RETURN_FALSE;
  npy_intp size = 0;
  for (int i = 0; i < count; ++i) {
    PyObject* value = input(batch, &features[i]);
    if (!is_array(value, NPY_FLOAT, NPY_FLOAT, 2)) Py_RETURN_FALSE;
    const npy_intp* dims = PyArray_DIMS((PyArrayObject*)value);
    if (i == 0) size = dims[0];
    if (dims[0] != size || dims[1] != 128) Py_RETURN_FALSE;
  }
  Py_RETURN_TRUE;
}

// The number of inputs is known to the compiler.
#define FOR_EACH_COUNT(define) define(1) define(2) define(4) define(8) define(16) define(32) define(64) define(128)

#define DEFINE(count)                                                          \
  static PyObject* dict_of_features_##count(PyObject* self, PyObject* batch) { \
    (void)self;                                                                \
    return dict_of_features(batch, count);                                     \
  }
FOR_EACH_COUNT(DEFINE)

#define LIST(count) {"dict_of_features_" #count, dict_of_features_##count, METH_O, "The check of as many arrays."},

static PyObject* nothing(PyObject* self, PyObject* value) {
  (void)self;
  (void)value;
  Py_RETURN_NONE;
}

PyMethodDef array_methods[] = {
    {"nothing", nothing, METH_O, "What any call takes."},
    {"one_array", one_array, METH_O, "The check of one array."},
    {"dict_of_four", dict_of_four, METH_O, "The check of a dict of four arrays with a shared batch dimension."},
    FOR_EACH_COUNT(LIST){NULL, NULL, 0, NULL},
};

int learn_names_of_arrays(void) {
  for (int i = 0; i < MOST_INPUTS; ++i) {
    char text[16];
    snprintf(text, sizeof text, "feature_%d", i);
    if (learn_name(&features[i], text) < 0) return -1;
  }
  return learn_four_names();
}
