#include "python/trace_walk.h"

#include "python/utf8_text.h"

namespace tensorgate::python {

std::string TracePlace::path() const {
  if (parent_ == nullptr) return "inputs";
  const std::string parent = parent_->path();
  if (name_ == nullptr) return parent + "[" + std::to_string(index_) + "]";
  switch (step_) {
    case Step::field:
      return parent + "." + utf8_text(name_);
    case Step::key:
      return PyUnicode_Check(name_) ? at(parent, utf8_bytes(name_)) : parent + "[" + utf8_text(py::repr(name_)) + "]";
    default:
      return parent;
  }
}

void TracePlace::refuse(const std::string& why) const { throw py::type_error(path() + " is " + why); }

}  // namespace tensorgate::python
