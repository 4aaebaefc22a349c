// What the checks of the benchmarks cost at the least: written by hand for one signature, nothing to look up, nothing
// to say on failure. Compiled by the benchmarks alone.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

static PyObject *ids, *mask, *types, *weights;
static Py_hash_t ids_hash, mask_hash, types_hash, weights_hash;

static inline int is_array(PyObject* value, int type_num, int type_num_alias, int rank) {
  if (value == NULL || Py_TYPE(value) != &PyArray_Type) return 0;
  PyArrayObject* array = (PyArrayObject*)value;
  PyArray_Descr* descr = PyArray_DESCR(array);
  return (descr->type_num == type_num || descr->type_num == type_num_alias) && PyArray_ISNBO(descr->byteorder) &&
         PyArray_NDIM(array) == rank;
}

// {"ids": int64 [batch, 128], "mask": int64 [batch, 128], "types": int64 [batch, 128], "weights": float32 [batch]}
static PyObject* dict_of_four(PyObject* self, PyObject* batch) {
  (void)self;
  if (!PyDict_CheckExact(batch) || PyDict_GET_SIZE(batch) != 4) Py_RETURN_FALSE;
  PyObject* a = _PyDict_GetItem_KnownHash(batch, ids, ids_hash);
  PyObject* b = _PyDict_GetItem_KnownHash(batch, mask, mask_hash);
  PyObject* c = _PyDict_GetItem_KnownHash(batch, types, types_hash);
  PyObject* d = _PyDict_GetItem_KnownHash(batch, weights, weights_hash);
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

// float32 [any, 128]
static PyObject* one_array(PyObject* self, PyObject* value) {
  (void)self;
  return PyBool_FromLong(is_array(value, NPY_FLOAT, NPY_FLOAT, 2) && PyArray_DIM((PyArrayObject*)value, 1) == 128);
}

static PyObject* nothing(PyObject* self, PyObject* value) {
  (void)self;
  (void)value;
  Py_RETURN_TRUE;
}

static PyMethodDef methods[] = {
    {"dict_of_four", dict_of_four, METH_O, "The check of a dict of four arrays with a shared batch dimension."},
    {"one_array", one_array, METH_O, "The check of one array."},
    {"nothing", nothing, METH_O, "The cost of a call."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "limits", NULL, -1, methods, NULL, NULL, NULL, NULL};

static PyObject* name(const char* text, Py_hash_t* hash) {
  PyObject* interned = PyUnicode_InternFromString(text);
  *hash = interned == NULL ? -1 : PyObject_Hash(interned);
  return interned;
}

PyMODINIT_FUNC PyInit_limits(void) {
  import_array();
  ids = name("ids", &ids_hash);
  mask = name("mask", &mask_hash);
  types = name("types", &types_hash);
  weights = name("weights", &weights_hash);
  if (PyErr_Occurred()) return NULL;
  return PyModule_Create(&module);
}
