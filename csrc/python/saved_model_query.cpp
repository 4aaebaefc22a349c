#include "python/saved_model_query.h"

#include "core/text.h"
#include "python/arguments.h"
#include "python/description.h"

namespace tensorgate::python {

serving::SavedModelQuery saved_model_query(py::handle path, py::handle version, py::handle tags) {
  serving::SavedModelQuery query;
  PyObject* bytes = nullptr;
  if (!PyUnicode_FSConverter(path.ptr(), &bytes)) throw py::error_already_set();
  query.path = py::reinterpret_steal<py::bytes>(bytes).cast<std::string>();
  if (!version.is_none()) {
    if (PyBool_Check(version.ptr()) || !PyIndex_Check(version.ptr())) {
      throw py::type_error("version is " + with_article(type_text(version)) + "; it must be an int or None");
    }
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(version.ptr()));
    if (!number) throw py::error_already_set();
    int overflow = 0;
    query.version = PyLong_AsLongLongAndOverflow(number.ptr(), &overflow);
    if (overflow != 0) throw py::value_error("version is beyond 2**63");
  }
  if (tags.ptr() != nullptr) query.tags = strings_argument(tags, "tags");
  return query;
}

std::vector<std::string> strings_argument(py::handle value, const char* what) {
  std::vector<std::string> out;
  if (value.ptr() == nullptr) return out;
  if (py::isinstance<py::str>(value))
    throw py::type_error(std::string(what) + " is a str; it must be a sequence of them");
  if (!py::isinstance<py::iterable>(value)) {
    throw py::type_error(std::string(what) + " is " + with_article(type_text(value)) +
                         "; it must be a sequence of str");
  }
  for (const py::handle item : py::iter(value)) out.push_back(string_argument(item, what));
  return out;
}

}  // namespace tensorgate::python
