#pragma once

#include <pybind11/pybind11.h>

#include "python/errors.h"

namespace tensorgate::python {

// Where a method's body is: a function of the package, in a module that is imported when the method is first called,
// so that `import tensorgate` stays quick.
struct PythonFunction {
  const char* module;
  const char* name;
};

// Found once: an import that has nothing left to do still takes longer than many a body.
template <const PythonFunction& function>
py::handle body_of() {
  static PyObject* body = nullptr;  // guarded by the GIL, and never given back
  if (body == nullptr) {
    py::object found = py::module_::import(function.module).attr(function.name);
    if (body == nullptr) body = found.release().ptr();  // importing may have come here as well
  }
  return body;
}

// A method (METH_VARARGS | METH_KEYWORDS) whose body is that function, called with the object and the arguments.
template <const PythonFunction& function>
PyObject* python_method(PyObject* self, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    const py::handle body = body_of<function>();
    const py::object own = py::make_tuple(py::reinterpret_borrow<py::object>(self));
    const auto all = py::reinterpret_steal<py::object>(PySequence_Concat(own.ptr(), args));
    if (!all) throw py::error_already_set();
    auto result = py::reinterpret_steal<py::object>(PyObject_Call(body.ptr(), all.ptr(), kwargs));
    if (!result) throw py::error_already_set();
    return result;
  });
}

// A class method of the kind: the function is called with the arguments alone.
template <const PythonFunction& function>
PyObject* python_class_method(PyObject*, PyObject* args, PyObject* kwargs) {
  return guarded([&] {
    const py::handle body = body_of<function>();
    auto result = py::reinterpret_steal<py::object>(PyObject_Call(body.ptr(), args, kwargs));
    if (!result) throw py::error_already_set();
    return result;
  });
}

}  // namespace tensorgate::python
