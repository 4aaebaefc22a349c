#pragma once

#include <pybind11/pybind11.h>

namespace tensorgate::python {

namespace py = pybind11;

void bind_violation(py::module_& m);
void bind_dim(py::module_& m);
void bind_contract(py::module_& m);
void bind_requests(py::module_& m);
void bind_saved_model(py::module_& m);
void bind_limits(py::module_& m);
void bind_predict(py::module_& m);
void bind_examples(py::module_& m);
void bind_tfrecords(py::module_& m);
void bind_rest(py::module_& m);
void bind_infer(py::module_& m);
void bind_value_kernels(py::module_& m);
void bind_siphash(py::module_& m);
void bind_dlpack(py::module_& m);
void bind_encoders(py::module_& m);

}  // namespace tensorgate::python
