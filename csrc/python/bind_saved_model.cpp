#include "python/bindings.h"
#include "python/errors.h"
#include "python/saved_model_contract.h"
#include "python/saved_model_query.h"

namespace tensorgate::python {

void bind_saved_model(py::module_& m) {
  m.def(
      "load_signatures",
      [](const py::object& path, const py::object& version, const py::object& tags) {
        return read_signatures(saved_model_query(path, version, tags));
      },
      py::arg("path"), py::arg("version") = py::none(), py::arg("tags") = py::make_tuple("serve"),
      "Read all signatures of a SavedModel by name.");
}

}  // namespace tensorgate::python
