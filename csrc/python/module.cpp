#define TENSORGATE_IMPORTS_NUMPY
#include "python/numpy_api.h"

#include "python/bindings.h"
#include "python/errors.h"

PYBIND11_MODULE(_core, m) {
  if (_import_array() < 0) throw pybind11::error_already_set();
  tensorgate::python::array_type = &PyArray_Type;
  pybind11::register_local_exception_translator([](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (...) {
      tensorgate::python::set_python_error();
    }
  });
  m.doc() = "tensorgate's C++ core.";
  tensorgate::python::bind_violation(m);
  tensorgate::python::bind_contract(m);
  tensorgate::python::bind_requests(m);
  tensorgate::python::bind_saved_model(m);
  tensorgate::python::bind_limits(m);
  tensorgate::python::bind_predict(m);
  tensorgate::python::bind_examples(m);
  tensorgate::python::bind_tfrecords(m);
  tensorgate::python::bind_rest(m);
  tensorgate::python::bind_infer(m);
  tensorgate::python::bind_value_kernels(m);
  tensorgate::python::bind_siphash(m);
  tensorgate::python::bind_dlpack(m);
  tensorgate::python::bind_encoders(m);
}
