#include <pybind11/stl.h>

#include <memory>

#include "core/value_scan.h"
#include "python/bindings.h"
#include "python/description.h"
#include "python/numpy_api.h"

namespace tensorgate::python {
namespace {

std::vector<std::string> kernel_names() {
  std::vector<std::string> out;
  for (const auto* const* kernels = usable_kernels(); *kernels != nullptr; ++kernels)
    out.emplace_back((*kernels)->name);
  return out;
}

const ValueKernels& kernels_argument(const std::string& name) {
  for (const auto* const* kernels = usable_kernels(); *kernels != nullptr; ++kernels) {
    if ((*kernels)->name == name) return **kernels;
  }
  throw py::value_error("no kernels of that name here");
}

StridedTensor tensor_argument(py::handle array, Description& description) {
  if (!PyArray_Check(array.ptr())) throw py::type_error("not an array");
  describe(array, description);
  if (description.refusal) throw py::value_error(description.refusal->got);
  auto* const raw = reinterpret_cast<PyArrayObject*>(array.ptr());
  const TensorView view = description.view();
  return {view.dtype, PyArray_DATA(raw), view.dims, reinterpret_cast<const std::int64_t*>(PyArray_STRIDES(raw))};
}

std::optional<TensorValue> value_argument(const std::optional<py::object>& array, DType dtype) {
  if (!array) return std::nullopt;
  const auto description = std::make_unique<Description>();
  const StridedTensor tensor = tensor_argument(*array, *description);
  if (tensor.dtype != dtype) throw py::type_error("the rules are of another dtype");
  return TensorValue{.dtype = dtype,
                     .dims = {tensor.dims.begin(), tensor.dims.end()},
                     .bytes = array->attr("tobytes")().cast<std::string>()};
}

py::object scan_values(const py::object& array, bool finite, const std::optional<py::object>& minimum,
                       const std::optional<py::object>& maximum, const std::optional<py::object>& one_of,
                       const std::string& kernels) {
  static constexpr const char* kFaults[] = {"not_finite", "below_minimum", "above_maximum", "not_one_of"};
  const auto description = std::make_unique<Description>();
  const StridedTensor tensor = tensor_argument(array, *description);
  const ValueRules rules{.finite = finite,
                         .minimum = value_argument(minimum, tensor.dtype),
                         .maximum = value_argument(maximum, tensor.dtype),
                         .one_of = value_argument(one_of, tensor.dtype)};
  const ValueScan scan(tensor.dtype, rules, kernels_argument(kernels));

  py::list findings;
  for (const ValueFinding& finding : scan.findings(tensor)) {
    const py::bytes element(reinterpret_cast<const char*>(finding.element.data()), item_size(tensor.dtype));
    findings.append(
        py::make_tuple(kFaults[static_cast<std::size_t>(finding.fault)], finding.first, finding.count, element));
  }
  StridedTensor same = tensor;
  if (PyArray_IS_C_CONTIGUOUS(reinterpret_cast<PyArrayObject*>(array.ptr()))) same.strides = nullptr;
  if (scan.passes(tensor) != findings.empty() || scan.passes(same) != findings.empty()) {
    throw std::logic_error("passes and findings disagree");
  }

  const std::size_t rows = tensor.dims.empty() ? 0 : static_cast<std::size_t>(tensor.dims[0]);
  const auto bad = std::make_unique<bool[]>(rows);
  if (!tensor.dims.empty()) scan.mark_rows(tensor, bad.get());
  py::list bad_rows;
  for (std::size_t row = 0; row < rows; ++row) {
    if (bad[row]) bad_rows.append(row);
  }
  return py::make_tuple(findings, bad_rows);
}

}  // namespace

void bind_value_kernels(py::module_& m) {
  m.def("_value_kernels", &kernel_names, "Return the names of the kernels that this machine can run, fastest first.");
  m.def(
      "_scan_values", &scan_values, py::arg("array"), py::arg("finite"), py::arg("minimum"), py::arg("maximum"),
      py::arg("one_of"), py::arg("kernels"),
      "Judge an array with the kernels of that name: (fault, first, count, element) of each fault, and the bad rows.");
}

}  // namespace tensorgate::python
