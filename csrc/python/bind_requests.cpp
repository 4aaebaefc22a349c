#include <pybind11/stl.h>

#include "python/bindings.h"
#include "python/collation.h"
#include "python/many_requests.h"
#include "python/numpy_api.h"
#include "python/signature_type.h"

namespace tensorgate::python {
namespace {

// An array of bool, the violations, and how many more there are.
py::tuple verdicts_tuple(const ManyVerdicts& verdicts) {
  auto count = static_cast<npy_intp>(verdicts.ok.size());
  auto ok = py::reinterpret_steal<py::object>(PyArray_SimpleNew(1, &count, NPY_BOOL));
  if (!ok) throw py::error_already_set();
  std::copy(verdicts.ok.begin(), verdicts.ok.end(), PyArray_BYTES(reinterpret_cast<PyArrayObject*>(ok.ptr())));
  return py::make_tuple(ok, verdicts.violations.kept(), verdicts.violations.unlisted());
}

}  // namespace

void bind_requests(py::module_& m) {
  m.def(
      "check_many",
      [](const py::object& signature, const py::iterable& requests, std::size_t threads) {
        const auto parts = signature_parts(signature);
        if (!parts) throw py::type_error("not a Signature");
        return verdicts_tuple(check_many(*parts->gate, parts->signature->inputs, py::tuple(requests), threads));
      },
      py::arg("signature"), py::arg("requests"), py::arg("threads"), "Check each request; see Signature.check_many.");

  py::class_<Collation>(m, "Collation", py::is_final(), "Requests on their way into one batch.")
      .def(py::init([](const py::object& signature, const py::iterable& requests, bool padded) {
             if (!signature_parts(signature)) throw py::type_error("not a Signature");
             return std::make_unique<Collation>(collator_of(signature, padded), py::tuple(requests));
           }),
           py::arg("signature"), py::arg("requests"), py::arg("padded"), py::keep_alive<1, 2>())
      .def("verdicts", [](const Collation& c) { return verdicts_tuple(c.verdicts()); })
      .def("sizes", &Collation::sizes, "The rows that each request brings; 0 where it is refused.")
      .def("tensors", &Collation::tensors, py::arg("input"), "What the good requests bring for an input.")
      .def("row_shape", &Collation::row_shape, py::arg("input"), "The shape of all rows, or None where they differ.")
      .def("row_shapes", &Collation::row_shapes, py::arg("input"), "The shape of each good request's rows.")
      .def("join", &Collation::join, py::arg("input"), py::arg("shape"), py::arg("fill") = py::none(),
           "Put the rows of an input into one array.");
}

}  // namespace tensorgate::python
