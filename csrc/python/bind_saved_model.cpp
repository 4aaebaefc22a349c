#include "python/bindings.h"
#include "python/errors.h"
#include "python/saved_model_query.h"
#include "python/signature_type.h"

namespace tensorgate::python {

void bind_saved_model(py::module_& m) {
  m.def(
      "load_signatures",
      [](const py::object& path, const py::object& version, const py::object& tags) {
        py::dict out;
        for (auto& [name, signature] : serving::load_signatures(saved_model_query(path, version, tags))) {
          out[py::str(name)] = new_signature(std::move(signature));
        }
        return out;
      },
      py::arg("path"), py::arg("version") = py::none(), py::arg("tags") = py::make_tuple("serve"),
      "Read all signatures of a SavedModel by name.");
}

}  // namespace tensorgate::python
