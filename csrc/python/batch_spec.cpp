#include "python/batch_spec.h"

#include <cmath>

#include "python/spec_type.h"
#include "python/trace_walk.h"

namespace tensorgate::python {
namespace {

class SpecMaker {
 public:
  void tensor(DType dtype, std::span<const std::int64_t> dims) {
    parts_.append(spec_object({.shape = exact_shape(dims), .dtype = dtype}));
  }

  void composite(const py::object& spec) { parts_.append(spec); }

  void variable(const TensorSpec& spec, bool trainable, std::size_t alias) {
    parts_.append(py::make_tuple("variable", spec_object(spec), trainable, alias));
  }

  void type(py::handle type) { parts_.append(type); }

  void literal(PyObject* value) {
    const bool nan = PyFloat_Check(value) || PyComplex_Check(value);
    if (nan && is_nan(value)) return parts_.append(py::make_tuple("nan"));
    parts_.append(py::handle(value));
  }

  template <class Body>
  void sequence(TracePart kind, std::size_t, Body body) {
    SpecMaker inner;
    body(inner);
    const char* name = name_of(kind);
    if (name != nullptr) inner.parts_.insert(0, py::str(name));
    parts_.append(py::tuple(inner.parts_));
  }

  class Items {
   public:
    template <class Body>
    void add_named(PyObject* name, Body body) {
      add(name, body);
    }

    template <class Body>
    void add(PyObject* key, Body body) {
      SpecMaker maker;
      maker.literal(key);
      body(maker);
      items_.append(py::tuple(maker.parts_));
    }

   private:
    friend SpecMaker;
    py::list items_;
  };

  template <class Body>
  void dict(Body body) {
    Items items;
    body(items);
    // By key alone: TensorFlow needs keys that it can sort, too.
    const py::object first = py::module_::import("operator").attr("itemgetter")(0);
    items.items_.attr("sort")(py::arg("key") = first);
    items.items_.insert(0, py::str("dict"));
    parts_.append(py::tuple(items.items_));
  }

  py::object made() const { return parts_[0]; }

 private:
  static bool is_nan(PyObject* number) {
    const Py_complex value = PyComplex_AsCComplex(number);
    return std::isnan(value.real) || std::isnan(value.imag);
  }

  static const char* name_of(TracePart kind) {
    switch (kind) {
      case TracePart::list:
        return "list";
      case TracePart::tuple:
        return "tuple";
      case TracePart::named_tuple:
        return "namedtuple";
      case TracePart::attrs:
        return "attrs";
      case TracePart::custom_nest:
        return "object";
      default:
        return nullptr;
    }
  }

  py::list parts_;
};

}  // namespace

py::object batch_spec(PyObject* batch) {
  SpecMaker maker;
  TraceWalk<SpecMaker>().value(batch, maker, {});
  return maker.made();
}

}  // namespace tensorgate::python
