#define FILLS_THE_TABLE_OF_NUMPY
#include "arrays.h"
#include "limits.h"

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "limits", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_limits(void) {
  import_array();
  if (learn_names_of_arrays() < 0 || learn_names_of_tensors() < 0) return NULL;
  PyObject* module = PyModule_Create(&definition);
  if (module == NULL) return NULL;
  PyMethodDef* const methods[] = {array_methods, copy_methods, tensor_methods, value_methods};
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; ++i) {
    if (PyModule_AddFunctions(module, methods[i]) < 0) {
      Py_DECREF(module);
      return NULL;
    }
  }
  return module;
}
