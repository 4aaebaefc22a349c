#include "python/saved_model_contract.h"

#include "core/text.h"
#include "python/python_method.h"
#include "python/signature_type.h"

namespace tensorgate::python {
namespace {

constexpr PythonFunction kFitted{"tensorgate.serving.contract_file", "fitted"};
constexpr PythonFunction kAllFitted{"tensorgate.serving.contract_file", "all_fitted"};

// The query for the directory that it means: a newer version may appear between the two files that are read.
serving::SavedModelQuery settled(const serving::SavedModelQuery& query) {
  return {.path = serving::find_saved_model(query), .version = {}, .tags = query.tags};
}

template <const PythonFunction& function>
py::object with_contract(const std::string& directory, py::object loaded) {
  if (!serving::has_contract_file(directory)) return loaded;
  const auto path = py::reinterpret_steal<py::object>(
      PyUnicode_DecodeFSDefaultAndSize(directory.data(), static_cast<Py_ssize_t>(directory.size())));
  if (!path) throw py::error_already_set();
  return body_of<function>()(path, path_text(directory), loaded);
}

}  // namespace

py::dict read_signatures(const serving::SavedModelQuery& query) {
  const serving::SavedModelQuery model = settled(query);
  py::dict loaded;
  for (auto& [name, signature] : serving::load_signatures(model)) {
    loaded[py::str(name)] = new_signature(std::move(signature));
  }
  return with_contract<kAllFitted>(model.path, std::move(loaded));
}

py::object read_signature(const serving::SavedModelQuery& query, const std::string& signature) {
  const serving::SavedModelQuery model = settled(query);
  return with_contract<kFitted>(model.path, new_signature(serving::load_signature(model, signature)));
}

}  // namespace tensorgate::python
