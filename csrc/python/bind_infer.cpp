#include <pybind11/stl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/text.h"
#include "python/bindings.h"
#include "python/decoded_array.h"
#include "python/description.h"
#include "python/errors.h"
#include "python/limits_argument.h"
#include "python/received_arrays.h"
#include "python/received_tensors.h"
#include "python/signature_type.h"
#include "python/wire_contract.h"
#include "python/without_gil.h"
#include "serving/infer_body.h"
#include "serving/infer_message.h"

namespace tensorgate::python {
namespace {

using serving::InferBody;
using serving::InferRequest;
using serving::Limits;

Limits array_limits(const py::object& given) {
  Limits limits = limits_argument(given);
  limits.max_rank = std::min(limits.max_rank, max_array_rank());
  return limits;
}

[[noreturn]] void refuse(const py::object& signature, const Violations& found) {
  throw_validation_error(subject(*signature_argument(signature).signature), found);
}

// Views are on the bytes of `owner`.
ReceivedArrays arrays_of(InferRequest& request, const py::object& owner, Violations& out) {
  ReceivedArrays arrays;
  for (serving::InferInput& input : request.inputs) {
    arrays.offsets.emplace(input.path, input.offset);
    if (!input.tensor) {
      arrays.bad.insert(input.path);
      continue;
    }
    const std::string dtype(name(input.tensor->dtype));
    try {
      arrays.good[py::str(input.name)] = decoded_array(std::move(*input.tensor), owner);
    } catch (py::error_already_set& error) {
      if (!error.matches(PyExc_ModuleNotFoundError)) throw;
      arrays.bad.insert(input.path);
      out.add({.path = input.path,
               .code = ViolationCode::unsupported,
               .expected = "a dtype of NumPy's",
               .got = dtype,
               .hint = "install ml_dtypes, which has it",
               .offset = static_cast<std::int64_t>(input.offset)});
    }
  }
  return arrays;
}

// The batch as the contract has it, and what the request says beside.
py::tuple judged(const InferRequest& request, ReceivedArrays& arrays, const py::object& signature, Violations& found) {
  hold_against(arrays, flat_parts(signature, Side::inputs), "inputs", found);
  const py::object batch = found.empty() ? whole_batch(signature, arrays.good, Side::inputs, found) : py::object();
  if (!found.empty()) refuse(signature, found);
  return py::make_tuple(batch, request.id, request.model_name, request.model_version, request.parameters,
                        py::tuple(py::cast(request.outputs)));
}

// How many of the bytes are JSON. Nothing, and a violation, where the client says that more are than there are.
std::optional<std::size_t> json_size_argument(const py::object& given, std::size_t size, Violations& out) {
  if (given.is_none()) return size;
  if (PyBool_Check(given.ptr()) || !PyLong_Check(given.ptr())) {
    throw py::type_error("json_size is " + with_article(type_text(given)) + "; it must be an int or None");
  }
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(given.ptr(), &overflow);
  if (overflow == 0 && number >= 0 && static_cast<unsigned long long>(number) <= size) {
    return static_cast<std::size_t>(number);
  }
  out.add({.path = "request",
           .code = ViolationCode::malformed,
           .expected = "at most " + std::to_string(size) + " bytes of JSON, as the body has",
           .got = overflow == 0 ? std::to_string(number) : "another number",
           .hint = "the header Inference-Header-Content-Length says how many bytes are JSON"});
  return std::nullopt;
}

// The place of an element in a body, by the path of the input that has it.
auto element_finder(const InferBody& body, const InferRequest& request, const py::dict& arrays) {
  return [&](const std::string& path, const std::vector<std::int64_t>& index) -> std::optional<std::uint64_t> {
    for (std::size_t i = 0; i < request.inputs.size(); ++i) {
      if (request.inputs[i].path != path) continue;
      const auto shape = arrays[py::str(request.inputs[i].name)].attr("shape").cast<std::vector<std::int64_t>>();
      std::uint64_t position = 0;
      for (std::size_t axis = 0; axis < index.size(); ++axis) {
        position = position * static_cast<std::uint64_t>(shape[axis]) + static_cast<std::uint64_t>(index[axis]);
      }
      try {
        return body.offset_of(i, position);
      } catch (const serving::BadJson&) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  };
}

py::tuple decode_infer_request(const py::object& given, const py::object& signature, const py::object& limits_given,
                               const py::object& json_size_given) {
  signature_argument(signature);
  const WireBytes bytes(given, "body");
  const Limits limits = array_limits(limits_given);
  Violations found = violations_within(limits);
  if (!has_allowed_size(bytes.view(), limits, "request", found)) refuse(signature, found);
  const auto json_size = json_size_argument(json_size_given, bytes.view().size(), found);
  if (!json_size) refuse(signature, found);
  const Nest& contract = flat_parts(signature, Side::inputs).signature->inputs;
  InferBody body(bytes.view(), *json_size, contract, serving::json_kernels(), limits, found);
  const bool whole = without_gil(*json_size, [&] { return body.read(); });
  // Half of a body says nothing of the whole.
  if (!whole) refuse(signature, found);
  InferRequest& request = body.request();
  ReceivedArrays arrays = arrays_of(request, bytes.owner(), found);
  arrays.element = element_finder(body, request, arrays.good);
  return judged(request, arrays, signature, found);
}

py::tuple decode_model_infer_request(const py::object& data, const py::object& signature,
                                     const py::object& limits_given) {
  signature_argument(signature);
  const WireBytes bytes(data, "data");
  const Limits limits = array_limits(limits_given);
  Violations found = violations_within(limits);
  if (!has_allowed_size(bytes.view(), limits, "request", found)) refuse(signature, found);
  const Nest& contract = flat_parts(signature, Side::inputs).signature->inputs;
  std::optional<InferRequest> request;
  try {
    request = without_gil(bytes.view().size(),
                          [&] { return serving::read_infer_message(bytes.view(), contract, limits, found); });
  } catch (const serving::Malformed& malformed) {
    add_malformed(malformed, "request", found);
    refuse(signature, found);
  }
  if (!request) refuse(signature, found);
  ReceivedArrays arrays = arrays_of(*request, bytes.owner(), found);
  return judged(*request, arrays, signature, found);
}

}  // namespace

void bind_infer(py::module_& m) {
  m.def("decode_infer_request", &decode_infer_request, py::arg("body"), py::arg("sig"), py::arg("limits"),
        py::arg("json_size"), "Check and decode a REST body; see tensorgate.serving.");
  m.def("decode_model_infer_request", &decode_model_infer_request, py::arg("data"), py::arg("sig"), py::arg("limits"),
        "Check and decode a message; see tensorgate.serving.");
}

}  // namespace tensorgate::python
