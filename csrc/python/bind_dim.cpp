#include <pybind11/stl.h>

#include "core/hash.h"
#include "core/text.h"
#include "python/arguments.h"
#include "python/bindings.h"

namespace tensorgate::python {
namespace {

std::optional<std::int64_t> maximum(const Dim& dim) {
  return dim.rules.max == SizeRules::kNoMaximum ? std::nullopt : std::optional(dim.rules.max);
}

Dim make(const py::object& name, const py::object& min, const py::object& max, const py::object& multiple_of) {
  Dim dim;
  if (!name.is_none()) dim.name = dim_name_argument(name);
  dim.rules.min = size_argument(min, "min");
  if (!max.is_none()) dim.rules.max = size_argument(max, "max");
  dim.rules.multiple_of = size_argument(multiple_of, "multiple_of");
  require_satisfiable(dim.rules);
  return dim;
}

py::object name_object(const Dim& dim) { return dim.name.empty() ? py::object(py::none()) : py::str(dim.name); }

std::string repr(const Dim& dim) {
  std::string out = "Dim(" + py::repr(name_object(dim)).cast<std::string>();
  if (dim.rules.min != 0) out += ", min=" + std::to_string(dim.rules.min);
  if (const auto max = maximum(dim)) out += ", max=" + std::to_string(*max);
  if (dim.rules.multiple_of != 1) out += ", multiple_of=" + std::to_string(dim.rules.multiple_of);
  return out + ")";
}

}  // namespace

void bind_dim(py::module_& m) {
  py::class_<Dim>(m, "Dim", py::is_final(),
                  "Dim(name=None, *, min=0, max=None, multiple_of=1)\n\n"
                  "A dimension whose size the contract bounds. Stands wherever a dimension does.\n\n"
                  "name: the same size wherever it stands in one batch; None: a dimension by itself. In a ragged\n"
                  "    dimension the rules hold for the length of every row.\n"
                  "min, max: the smallest and the largest size; max None: no limit.\n"
                  "multiple_of: every size is a multiple of it.\n\n"
                  "Raises TypeError or ValueError where an argument can't be met or no size satisfies the rules.\n"
                  "Immutable and hashable.\n\n"
                  ">>> TensorSpec(('batch', Dim('seq', min=1, max=512, multiple_of=8)), 'int64').accepts([1])\n"
                  "False\n")
      .def(py::init(&make), py::arg("name") = py::none(), py::kw_only(), py::arg("min") = 0,
           py::arg("max") = py::none(), py::arg("multiple_of") = 1)
      .def_property_readonly("name", &name_object, "The name, or None.")
      .def_property_readonly(
          "min", [](const Dim& dim) { return dim.rules.min; }, "The smallest size.")
      .def_property_readonly("max", &maximum, "The largest size, or None.")
      .def_property_readonly(
          "multiple_of", [](const Dim& dim) { return dim.rules.multiple_of; }, "What every size is a multiple of.")
      .def("__repr__", &repr)
      .def("__eq__",
           [](const Dim& a, const py::object& b) -> py::object {
             if (!py::isinstance<Dim>(b)) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
             return py::bool_(a == b.cast<const Dim&>());
           })
      .def("__hash__",
           [](const Dim& dim) {
             return static_cast<Py_ssize_t>(
                 Hash().add(dim.name).add(dim.rules.min).add(dim.rules.max).add(dim.rules.multiple_of).value() >> 1);
           })
      .def("__copy__", [](py::object self) { return self; })
      .def("__deepcopy__", [](py::object self, const py::object&) { return self; })
      .def("__reduce__", [](const py::object& self) {
        const auto& dim = self.cast<const Dim&>();
        py::dict kwargs;
        kwargs["min"] = dim.rules.min;
        kwargs["max"] = maximum(dim);
        kwargs["multiple_of"] = dim.rules.multiple_of;
        const py::object make_new = py::module_::import("functools").attr("partial")(py::type::of(self), **kwargs);
        return py::make_tuple(make_new, py::make_tuple(name_object(dim)));
      });
}

}  // namespace tensorgate::python
