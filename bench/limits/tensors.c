#include <stdint.h>

#include "limits.h"
#include "names.h"

// What both frameworks are asked for.
typedef struct {
  int is_int64;
  int is_float32;
  Py_ssize_t rank;
  int64_t sizes[2];
} Metadata;

// 0 where the value is no such tensor, with an exception set if it could not be read.
typedef int (*Reader)(PyObject* value, Metadata* out);

// {"ids": int64 [batch, 128], "mask": int64 [batch, 128], "types": int64 [batch, 128], "weights": float32 [batch]}
static inline __attribute__((always_inline)) int has_signature(PyObject* batch, Reader read) {
  if (!PyDict_CheckExact(batch) || PyDict_GET_SIZE(batch) != 4) return 0;
  Metadata a, b, c, d;
  if (!read(input(batch, &ids), &a) || !a.is_int64 || a.rank != 2 || a.sizes[1] != 128) return 0;
  if (!read(input(batch, &mask), &b) || !b.is_int64 || b.rank != 2 || b.sizes[1] != 128) return 0;
  if (!read(input(batch, &types), &c) || !c.is_int64 || c.rank != 2 || c.sizes[1] != 128) return 0;
  if (!read(input(batch, &weights), &d) || !d.is_float32 || d.rank != 1) return 0;
  return a.sizes[0] == b.sizes[0] && a.sizes[0] == c.sizes[0] && a.sizes[0] == d.sizes[0];
}

static inline PyObject* verdict(int good) {
  if (!good && PyErr_Occurred()) return NULL;
  return PyBool_FromLong(good);
}

// TensorFlow: two private methods, looked up once and called without a lookup.
static PyTypeObject* eager_tensor;
static PyObject *datatype_enum, *shape_tuple;

enum { DT_FLOAT = 1, DT_INT64 = 9 };

static PyObject* learn_eager_tensor(PyObject* self, PyObject* type) {
  (void)self;
  datatype_enum = PyObject_GetAttrString(type, "_datatype_enum");
  shape_tuple = PyObject_GetAttrString(type, "_shape_tuple");
  if (datatype_enum == NULL || shape_tuple == NULL) return NULL;
  eager_tensor = (PyTypeObject*)Py_NewRef(type);
  Py_RETURN_NONE;
}

static inline int read_eager_tensor(PyObject* value, Metadata* out) {
  if (value == NULL || Py_TYPE(value) != eager_tensor) return 0;
  PyObject* number = PyObject_Vectorcall(datatype_enum, &value, 1, NULL);
  if (number == NULL) return 0;
  const long dtype = PyLong_AsLong(number);
  Py_DECREF(number);
  out->is_int64 = dtype == DT_INT64;
  out->is_float32 = dtype == DT_FLOAT;
  PyObject* shape = PyObject_Vectorcall(shape_tuple, &value, 1, NULL);
  if (shape == NULL) return 0;
  out->rank = PyTuple_GET_SIZE(shape);
  for (Py_ssize_t i = 0; i < out->rank && i < 2; ++i) out->sizes[i] = PyLong_AsLongLong(PyTuple_GET_ITEM(shape, i));
  Py_DECREF(shape);
  return 1;
}

static PyObject* dict_of_eager_tensors(PyObject* self, PyObject* batch) {
  (void)self;
  return verdict(has_signature(batch, read_eager_tensor));
}

// PyTorch: DLPack's functions for C, as much of their table as is used here (dmlc.github.io/dlpack).
typedef struct {
  void* data;
  struct {
    int32_t type, id;
  } device;
  int32_t ndim;
  struct {
    uint8_t code, bits;
    uint16_t lanes;
  } dtype;
  int64_t *shape, *strides;
  uint64_t byte_offset;
} DLTensor;

typedef struct {
  struct {
    uint32_t major, minor;
    void* previous;
  } header;
  void (*allocate)(void);
  void (*export_owned)(void);
  void (*import_owned)(void);
  int (*describe)(void* object, DLTensor* out);
} ExchangeApi;

enum { DL_INT = 0, DL_FLOAT = 2 };

static PyTypeObject* torch_tensor;
static const ExchangeApi* torch_api;

static PyObject* learn_torch_tensor(PyObject* self, PyObject* type) {
  (void)self;
  PyObject* capsule = PyObject_GetAttrString(type, "__dlpack_c_exchange_api__");
  if (capsule == NULL) return NULL;
  torch_api = PyCapsule_GetPointer(capsule, "dlpack_exchange_api");
  Py_DECREF(capsule);
  if (torch_api == NULL) return NULL;
  torch_tensor = (PyTypeObject*)Py_NewRef(type);
  Py_RETURN_NONE;
}

static inline int read_torch_tensor(PyObject* value, Metadata* out) {
  DLTensor tensor;
  if (value == NULL || Py_TYPE(value) != torch_tensor || torch_api->describe(value, &tensor) != 0) return 0;
  out->is_int64 = tensor.dtype.code == DL_INT && tensor.dtype.bits == 64 && tensor.dtype.lanes == 1;
  out->is_float32 = tensor.dtype.code == DL_FLOAT && tensor.dtype.bits == 32 && tensor.dtype.lanes == 1;
  out->rank = tensor.ndim;
  for (Py_ssize_t i = 0; i < out->rank && i < 2; ++i) out->sizes[i] = tensor.shape[i];
  return 1;
}

static PyObject* dict_of_torch_tensors(PyObject* self, PyObject* batch) {
  (void)self;
  return verdict(has_signature(batch, read_torch_tensor));
}

PyMethodDef tensor_methods[] = {
    {"learn_eager_tensor", learn_eager_tensor, METH_O, "Tell dict_of_eager_tensors what an EagerTensor is."},
    {"dict_of_eager_tensors", dict_of_eager_tensors, METH_O, "The check of a dict of four EagerTensors."},
    {"learn_torch_tensor", learn_torch_tensor, METH_O, "Tell dict_of_torch_tensors what a torch.Tensor is."},
    {"dict_of_torch_tensors", dict_of_torch_tensors, METH_O, "The check of a dict of four PyTorch tensors."},
    {NULL, NULL, 0, NULL},
};

int learn_names_of_tensors(void) { return learn_four_names(); }
