#include <pybind11/stl.h>

#include <algorithm>
#include <set>

#include "core/hint.h"
#include "core/text.h"
#include "python/batch.h"
#include "python/bindings.h"
#include "python/description.h"
#include "python/errors.h"
#include "python/limits_argument.h"
#include "python/received_request.h"
#include "python/received_tensors.h"
#include "python/spec_type.h"
#include "python/wire_contract.h"
#include "python/without_gil.h"
#include "serving/predict_message.h"

namespace tensorgate::python {
namespace {

using serving::kPredictRequest;
using serving::kPredictResponse;
using serving::Limits;
using serving::PredictMessage;

// True where the request is plainly good: nothing is parsed, copied or made.
bool is_plainly_good(std::string_view request, py::handle signatures, py::handle model, const Limits& limits) {
  if (request.size() > limits.max_request_bytes) return false;
  try {
    const serving::PredictHead head = read_predict_head(request, kPredictRequest);
    // Held, as others may take it out of the dict once the GIL is released.
    const auto signature =
        py::reinterpret_borrow<py::object>(plainly_chosen_signature(signatures, head.model_spec, model));
    if (!signature || head.has_filter) return false;
    const WireContract& contract = wire_contract_of(signature, Side::inputs);
    if (contract.flat) return false;
    const auto accepts = [&] { return contract.gate->accepts(request, kPredictRequest.tensors, limits); };
    return without_gil(request.size(), accepts);
  } catch (const serving::Malformed&) {
    return false;
  }
}

void inspect_filter(const std::vector<std::string_view>& filter, py::handle signature, const Limits& limits,
                    Violations& out) {
  if (filter.size() > limits.max_inputs) {
    out.add({.path = "output_filter",
             .code = ViolationCode::too_large,
             .expected = "at most " + std::to_string(limits.max_inputs) + " outputs",
             .got = "more"});
    return;
  }
  const Signature& contract = *signature_parts(signature)->signature;
  std::vector<std::string_view> known;
  if (contract.outputs) {
    for (const auto& [alias, spec] : flat_parts(signature, Side::outputs).signature->inputs.children) {
      known.push_back(alias);
    }
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const auto refuse = [&](std::string expected, std::optional<std::string> hint) {
      out.add({.path = "output_filter[" + std::to_string(i) + "]",
               .code = ViolationCode::output_filter,
               .expected = std::move(expected),
               .got = quoted(filter[i], out.names().max_characters),
               .hint = std::move(hint)});
    };
    if (!seen.insert(filter[i]).second) {
      refuse("each output once", std::nullopt);
    } else if (contract.outputs && std::find(known.begin(), known.end(), filter[i]) == known.end()) {
      const bool is_shown = out.has_room();
      refuse("an output of the signature",
             is_shown ? name_hint(filter[i], known, out.names().max_searched_length) : std::nullopt);
    }
  }
}

struct Received {
  py::object signature;
  py::object batch;
  PredictMessage message;
};

// Throws ValidationError with all that is wrong.
Received receive_request(const WireBytes& bytes, py::handle signatures, py::handle model, const Limits& limits) {
  require_contract_arguments(signatures, model);
  Violations found = violations_within(limits);
  Received out;
  std::string subject_text = "a PredictRequest";
  py::dict flat;
  if (has_allowed_size(bytes.view(), limits, "request", found)) {
    try {
      out.message = read_predict_message(bytes.view(), kPredictRequest, limits);
      out.signature = chosen_signature(signatures, out.message.model_spec, model, found);
      if (out.signature) {
        subject_text = subject(*signature_parts(out.signature)->signature);
        const WireContract& contract = wire_contract_of(out.signature, Side::inputs);
        flat = received_batch(out.message.tensors, bytes, limits, contract.flat ? contract.flat : out.signature,
                              "inputs", found);
        inspect_filter(out.message.output_filter, out.signature, limits, found);
      }
    } catch (const serving::Malformed& malformed) {
      add_malformed(malformed, "request", found);
    }
  }
  if (found.empty()) out.batch = whole_batch(out.signature, flat, Side::inputs, found);
  if (!found.empty()) throw_validation_error(subject_text, found);
  return out;
}

PyObject* check_predict_request(PyObject*, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    constexpr std::array<const char*, 4> kNames{"data", "sigs", "model", "limits"};
    std::array<py::handle, 4> given{nullptr, nullptr, Py_None, Py_None};
    const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
    if (count > static_cast<Py_ssize_t>(given.size())) {
      throw py::type_error("check_predict_request() takes at most 4 arguments");
    }
    std::copy(args, args + count, given.begin());
    for (Py_ssize_t i = 0; i < named; ++i) {
      const py::handle name = PyTuple_GET_ITEM(keywords, i);
      const auto known = std::find_if(kNames.begin(), kNames.end(), [&](const char* want) {
        return PyUnicode_CompareWithASCIIString(name.ptr(), want) == 0;
      });
      if (known == kNames.end() || known - kNames.begin() < count) {
        throw py::type_error("check_predict_request() got an unexpected or a second argument " +
                             py::repr(name).cast<std::string>());
      }
      given[static_cast<std::size_t>(known - kNames.begin())] = args[count + i];
    }
    if (!given[0] || !given[1]) throw py::type_error("check_predict_request() needs data and sigs");
    const WireBytes bytes(given[0], "data");
    const Limits& limits = limits_argument(given[3]);
    if (!is_plainly_good(bytes.view(), given[1], given[2], limits)) {
      receive_request(bytes, given[1], given[2], limits);
    }
    return Py_NewRef(Py_None);
  });
}

constexpr const char* kCheckDoc =
    "check_predict_request(data, sigs, model=None, limits=None)\n--\n\n"
    "Check a serialized PredictRequest where it lies: model, signature, inputs by alias, dtypes, shapes, values.\n\n"
    "Nothing is copied, and tensor_content is not looked at unless a rule asks for values (or the dtype is bool, of\n"
    "which TensorFlow refuses bytes but 0 and 1). It refuses what TensorFlow Serving would not look at, or would "
    "change\n"
    "in silence; docs/serving.md has the table.\n\n"
    "Args:\n"
    "    data: bytes, a bytearray or a contiguous memoryview.\n"
    "    sigs: the contracts by name, as serving.load_signatures returns them, or a lone Signature.\n"
    "    model: the model's name that the request must have; None takes any.\n"
    "    limits: what a request may ask for; None takes Limits().\n\n"
    "Raises:\n"
    "    ValidationError: all that is wrong, with aliases and byte offsets. Its grpc_code and http_status are "
    "TensorFlow\n"
    "        Serving's own.\n"
    "    TypeError, ValueError: an argument is none of these.\n\n"
    ">>> import numpy as np\n"
    ">>> from tensorgate import serving\n"
    ">>> sig = Signature({'x': TensorSpec((None, 3))})\n"
    ">>> request = serving.encode_predict_request({'x': np.zeros((2, 4), np.float32)}, model_name='ranker')\n"
    ">>> serving.check_predict_request(request, sig)\n"
    "Traceback (most recent call last):\n"
    "tensorgate.ValidationError: 1 violation of signature 'serving_default'\n"
    "  inputs['x']  dim: expected [None, 3], got [2, 4] (byte 34)\n";

PyMethodDef kCheck{"check_predict_request",
                   reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(check_predict_request)),
                   METH_FASTCALL | METH_KEYWORDS, kCheckDoc};

py::tuple decode_predict_request(const py::object& data, const py::object& signatures, const py::object& model,
                                 const py::object& limits) {
  const WireBytes bytes(data, "data");
  const Received received = receive_request(bytes, signatures, model, limits_argument(limits));
  py::tuple filter(received.message.output_filter.size());
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const std::string_view name = received.message.output_filter[i];
    filter[i] = py::str(name.data(), name.size());
  }
  const std::string_view name = received.message.model_spec.signature();
  return py::make_tuple(received.batch, model_spec_object(received.message.model_spec),
                        py::str(name.data(), name.size()), filter);
}

py::tuple decode_predict_response(const py::object& data, const py::object& signature, const py::object& limits_given) {
  const WireBytes bytes(data, "data");
  const Limits& limits = limits_argument(limits_given);
  if (!signature.is_none() && !signature_parts(signature)) throw py::type_error("sig must be a Signature or None");
  Violations found = violations_within(limits);
  PredictMessage message;
  py::dict flat;
  if (has_allowed_size(bytes.view(), limits, "response", found)) {
    try {
      message = read_predict_message(bytes.view(), kPredictResponse, limits);
      if (signature.is_none()) {
        flat = received_arrays(message.tensors, bytes, limits, "outputs", found);
      } else {
        const py::object contract = wire_contract_of(signature, Side::outputs).flat;
        flat = received_batch(message.tensors, bytes, limits, contract, "outputs", found);
      }
    } catch (const serving::Malformed& malformed) {
      add_malformed(malformed, "response", found);
    }
  }
  const bool is_flat = signature.is_none() || !found.empty();
  const py::object outputs = is_flat ? flat : whole_batch(signature, flat, Side::outputs, found);
  if (!found.empty()) {
    throw_validation_error(
        signature.is_none() ? "a PredictResponse" : "the outputs of " + subject(*signature_parts(signature)->signature),
        found);
  }
  return py::make_tuple(outputs, model_spec_object(message.model_spec));
}

py::object decode_tensor_proto(const py::object& data, const py::object& spec, const py::object& limits_given) {
  const WireBytes bytes(data, "data");
  const Limits& limits = limits_argument(limits_given);
  const TensorSpec* contract = spec_of(spec);
  if (!spec.is_none() && (contract == nullptr || contract->encoding != Encoding::dense)) {
    throw py::type_error("spec is " + with_article(type_text(spec)) + "; it must be a tensorgate.TensorSpec");
  }
  Violations found = violations_within(limits);
  py::object array;
  if (has_allowed_size(bytes.view(), limits, "input", found)) array = received_tensor(bytes, limits, "input", found);
  if (!found.empty()) throw_validation_error("a TensorProto", found);
  if (!spec.is_none()) spec.attr("check")(array);
  return array;
}

}  // namespace

void bind_predict(py::module_& m) {
  m.attr(kCheck.ml_name) = py::reinterpret_steal<py::object>(
      PyCFunction_NewEx(&kCheck, nullptr, py::str("tensorgate.serving").release().ptr()));
  m.def(
      "requested_model",
      [](const py::object& data) -> py::object {
        const WireBytes bytes(data, "data");
        try {
          return requested_model(read_predict_head(bytes.view(), kPredictRequest).model_spec);
        } catch (const serving::Malformed&) {
          return py::none();
        }
      },
      py::arg("data"),
      "The model's name, version and label in a PredictRequest, ClassificationRequest or RegressionRequest, which have "
      "them in the same field; None where it can't be read.");
  m.def(
      "unknown_model",
      [](const std::string& path, const std::string& name, const std::vector<std::string>& known) {
        return unknown_name(path, ViolationCode::unknown_model, name, known, {});
      },
      py::arg("path"), py::arg("name"), py::arg("known"), "The violation of a name that no model has.");
  m.def("decode_predict_request", &decode_predict_request, py::arg("data"), py::arg("sigs"), py::arg("model"),
        py::arg("limits"), "Check and decode; see tensorgate.serving.");
  m.def("decode_predict_response", &decode_predict_response, py::arg("data"), py::arg("sig"), py::arg("limits"),
        "Decode, and check where a Signature is given; see tensorgate.serving.");
  m.def(
      "check_outputs",
      [](const py::object& signature, const py::object& outputs) {
        if (!signature_parts(signature)) throw py::type_error("not a Signature");
        check_outputs(signature, outputs);
      },
      py::arg("signature"), py::arg("outputs"), "Check what a model gives, as Signature.check does what it takes.");
  m.def("decode_tensor_proto", &decode_tensor_proto, py::arg("data"), py::arg("spec"), py::arg("limits"),
        "Decode, and check where a spec is given; see tensorgate.serving.");
}

}  // namespace tensorgate::python
