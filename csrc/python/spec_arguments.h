#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/tensor_spec.h"

namespace tensorgate::python {

namespace py = pybind11;

// The keyword arguments that all kinds of specs share, as a call gives them; null where it does not.
struct SpecArguments {
  PyObject* shape = nullptr;
  PyObject* dtype = nullptr;
  PyObject* name = nullptr;
  PyObject* minimum = nullptr;
  PyObject* maximum = nullptr;
  int finite = 0;
  PyObject* one_of = nullptr;
  PyObject* max_bytes = nullptr;
  int utf8 = 0;
  int optional = 0;
};

// A spec of them on top of one that has its encoding. Whether it is consistent is left to the caller.
TensorSpec spec_argument(const SpecArguments& given, TensorSpec spec);

// The rules as keyword arguments that make equal ones, and as a repr shows them.
py::dict rule_arguments(const TensorSpec& spec);
std::string rule_reprs(const TensorSpec& spec);

}  // namespace tensorgate::python
