// What the checks of the benchmarks cost at the least: written by hand for one signature, nothing to look up, nothing
// to say on failure. Compiled by the benchmarks alone.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#include <numpy/arrayobject.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

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

static int all_in_unit_interval(const float* x, size_t count) {
  int good = 1;
  for (size_t i = 0; i < count; ++i) good &= x[i] >= 0.0f && x[i] <= 1.0f;
  return good;
}

#ifdef __x86_64__
// By their bits: taken as signed integers, what exceeds 1.0 is what exceeds its bits; taken as unsigned ones, what
// exceeds -0.0's bits is every negative number and every NaN with a sign. Two maxima do, where comparisons would take
// four steps.
__attribute__((target("avx2"))) static int all_in_unit_interval_avx2(const float* x, size_t count) {
  const __m256i most = _mm256_set1_epi32(0x3F800000), least = _mm256_set1_epi32(INT_MIN);
  while (count >= 2048) {
    __m256i a = least, b = least, c = least, d = least, p = most, q = most, r = most, s = most;
    for (const float* end = x + 2048; x < end; x += 32) {
      _mm_prefetch((const char*)(x + 256), _MM_HINT_T0);
      _mm_prefetch((const char*)(x + 272), _MM_HINT_T0);
      const __m256i k = _mm256_loadu_si256((const __m256i*)x), l = _mm256_loadu_si256((const __m256i*)(x + 8));
      const __m256i m = _mm256_loadu_si256((const __m256i*)(x + 16)), n = _mm256_loadu_si256((const __m256i*)(x + 24));
      a = _mm256_max_epu32(a, k), b = _mm256_max_epu32(b, l), c = _mm256_max_epu32(c, m), d = _mm256_max_epu32(d, n);
      p = _mm256_max_epi32(p, k), q = _mm256_max_epi32(q, l), r = _mm256_max_epi32(r, m), s = _mm256_max_epi32(s, n);
    }
    a = _mm256_max_epu32(_mm256_max_epu32(a, b), _mm256_max_epu32(c, d));
    p = _mm256_max_epi32(_mm256_max_epi32(p, q), _mm256_max_epi32(r, s));
    const __m256i good = _mm256_and_si256(_mm256_cmpeq_epi32(a, least), _mm256_cmpeq_epi32(p, most));
    if (_mm256_movemask_epi8(good) != -1) return 0;
    count -= 2048;
  }
  return all_in_unit_interval(x, count);
}
#endif

// float32 of any shape, C-contiguous, finite and in [0, 1]
static PyObject* unit_interval(PyObject* self, PyObject* value) {
  (void)self;
  if (Py_TYPE(value) != &PyArray_Type) Py_RETURN_FALSE;
  PyArrayObject* array = (PyArrayObject*)value;
  if (PyArray_TYPE(array) != NPY_FLOAT || !PyArray_ISCARRAY_RO(array)) Py_RETURN_FALSE;
  const float* x = PyArray_DATA(array);
  const size_t count = (size_t)PyArray_SIZE(array);
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) return PyBool_FromLong(all_in_unit_interval_avx2(x, count));
#endif
  return PyBool_FromLong(all_in_unit_interval(x, count));
}

static PyObject* nothing(PyObject* self, PyObject* value) {
  (void)self;
  (void)value;
  Py_RETURN_TRUE;
}

static PyMethodDef methods[] = {
    {"dict_of_four", dict_of_four, METH_O, "The check of a dict of four arrays with a shared batch dimension."},
    {"one_array", one_array, METH_O, "The check of one array."},
    {"unit_interval", unit_interval, METH_O, "The check of one array whose elements are all finite and in [0, 1]."},
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
