// What the checks of the benchmarks cost at the least: written by hand for one signature, nothing to look up, nothing
// to say on failure. Compiled by the benchmarks alone.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyMethodDef array_methods[];
extern PyMethodDef copy_methods[];
extern PyMethodDef tensor_methods[];
extern PyMethodDef value_methods[];

// 0, or -1 with an exception set.
int learn_names_of_arrays(void);
int learn_names_of_tensors(void);
