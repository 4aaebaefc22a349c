#include <string>

#include "core/text.h"
#include "python/bindings.h"
#include "python/errors.h"
#include "python/limits_argument.h"
#include "python/received_examples.h"
#include "python/received_request.h"
#include "python/received_tensors.h"
#include "python/serialized_examples.h"
#include "python/signature_type.h"
#include "python/wire_bytes.h"
#include "serving/example_request.h"

namespace tensorgate::python {
namespace {

using serving::Limits;

py::object decode_examples(const py::object& serialized, const py::object& signature, const py::object& limits_given) {
  const SignatureParts parts = signature_argument(signature);
  const Limits& limits = limits_argument(limits_given);
  const SerializedExamples examples(serialized, limits);
  Violations found = violations_within(limits);
  const py::object batch = received_examples(signature, examples.examples(), {}, limits, found);
  if (!batch) throw_validation_error(subject(*parts.signature), found);
  return batch;
}

// Inputs, model spec and the signature's name. `what` is the message's name, for errors.
py::tuple decode_example_request(const py::object& data, const py::object& signatures, const py::object& model,
                                 const py::object& limits_given, const std::string& what) {
  const WireBytes bytes(data, "data");
  const Limits& limits = limits_argument(limits_given);
  require_contract_arguments(signatures, model);
  Violations found = violations_within(limits);
  std::string subject_text = with_article(what);
  serving::ExampleRequest request;
  py::object batch;
  if (has_allowed_size(bytes.view(), limits, "request", found)) {
    try {
      request = serving::read_example_request(bytes.view(), limits);
      const py::object signature = chosen_signature(signatures, request.model_spec, model, found);
      if (signature) {
        subject_text = subject(*signature_parts(signature)->signature);
        // TensorFlow Serving: "Input is empty."
        if (request.examples.empty()) {
          found.add({.path = "input", .code = ViolationCode::missing, .expected = "an Example at least"});
        } else {
          batch = received_examples(signature, request.examples, request.context, limits, found);
        }
      }
    } catch (const serving::Malformed& malformed) {
      add_malformed(malformed, "request", found);
    }
  }
  if (!found.empty()) throw_validation_error(subject_text, found);
  const std::string_view name = request.model_spec.signature();
  return py::make_tuple(batch, model_spec_object(request.model_spec), py::str(name.data(), name.size()));
}

}  // namespace

void bind_examples(py::module_& m) {
  m.def("decode_examples", &decode_examples, py::arg("serialized"), py::arg("sig"), py::arg("limits"),
        "Decode serialized Examples; see tensorgate.serving.decode_examples.");
  m.def("decode_example_request", &decode_example_request, py::arg("data"), py::arg("sigs"), py::arg("model"),
        py::arg("limits"), py::arg("what"),
        "Decode a ClassificationRequest or RegressionRequest; see tensorgate.serving.decode_classification_request.");
}

}  // namespace tensorgate::python
