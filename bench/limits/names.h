#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

// The name of an input, hashed once.
typedef struct {
  PyObject* text;
  Py_hash_t hash;
} Name;

// 0, or -1 with an exception set.
static inline int learn_name(Name* name, const char* text) {
  name->text = PyUnicode_InternFromString(text);
  if (name->text == NULL) return -1;
  name->hash = PyObject_Hash(name->text);
  return 0;
}

// Borrowed; NULL where the dict lacks the name.
static inline PyObject* input(PyObject* batch, const Name* name) {
  return _PyDict_GetItem_KnownHash(batch, name->text, name->hash);
}

// The inputs of the dict of four. Static: what another file defines is reached by a detour.
static Name ids, mask, types, weights;

static inline int learn_four_names(void) {
  if (learn_name(&ids, "ids") < 0 || learn_name(&mask, "mask") < 0 || learn_name(&types, "types") < 0) return -1;
  return learn_name(&weights, "weights");
}
