#include "arrays.h"

#include "limits.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

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

static int in_unit_interval(const float* x, size_t count) {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2")) return all_in_unit_interval_avx2(x, count);
#endif
  return all_in_unit_interval(x, count);
}

static int is_contiguous_float(PyObject* value) {
  return Py_TYPE(value) == &PyArray_Type && PyArray_TYPE((PyArrayObject*)value) == NPY_FLOAT &&
         PyArray_ISCARRAY_RO((PyArrayObject*)value);
}

// float32 of any shape, C-contiguous, finite and in [0, 1]
static PyObject* unit_interval(PyObject* self, PyObject* value) {
  (void)self;
  if (!is_contiguous_float(value)) Py_RETURN_FALSE;
  PyArrayObject* array = (PyArrayObject*)value;
  return PyBool_FromLong(in_unit_interval(PyArray_DATA(array), (size_t)PyArray_SIZE(array)));
}

static PyObject* unit_interval_nogil(PyObject* self, PyObject* value) {
  (void)self;
  if (!is_contiguous_float(value)) Py_RETURN_FALSE;
  PyArrayObject* array = (PyArrayObject*)value;
  const float* x = PyArray_DATA(array);
  const size_t count = (size_t)PyArray_SIZE(array);
  int good = 0;
  Py_BEGIN_ALLOW_THREADS;
  good = in_unit_interval(x, count);
  Py_END_ALLOW_THREADS;
  return PyBool_FromLong(good);
}

PyMethodDef value_methods[] = {
    {"unit_interval", unit_interval, METH_O, "The check of one array whose elements are all finite and in [0, 1]."},
    {"unit_interval_nogil", unit_interval_nogil, METH_O, "The same, and other threads run meanwhile."},
    {NULL, NULL, 0, NULL},
};
