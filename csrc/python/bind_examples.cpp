#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "python/batch.h"
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

using serving::ExampleBytes;
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

// True where the model parses the Examples itself, so that its contract knows them as a vector of strings alone. The
// alias is TensorFlow's CLASSIFY_INPUTS and REGRESS_INPUTS.
bool takes_serialized_examples(const Signature& signature) {
  const auto& inputs = signature.inputs.children;
  if (inputs.size() != 1 || inputs[0].first != "inputs") return false;
  const TensorSpec& spec = inputs[0].second.tensor;
  return inputs[0].second.kind == Nest::Kind::tensor && spec.encoding == Encoding::dense &&
         spec.dtype == DType::string && (!spec.shape.rank_known() || spec.shape.dims().size() == 1);
}

// The Examples as the vector of strings that the graph parses, each looked at. The context's bytes go first, as
// TensorFlow Serving puts them.
py::object serialized_batch(py::handle signature, std::span<const ExampleBytes> examples,
                            std::span<const ExampleBytes> context, const Limits& limits, Violations& out) {
  const py::object no_features = py::type::handle_of(signature)(py::dict());
  if (!received_examples(no_features, examples, context, limits, out)) return {};
  std::string before;
  for (const ExampleBytes& piece : context) before += piece.bytes;
  // Each Example gets a copy of the context: a small request could ask for any memory.
  std::uint64_t size = before.size() * examples.size();
  for (const ExampleBytes& example : examples) size += example.bytes.size();
  if (size > limits.max_tensor_bytes) {
    out.add({.path = at("inputs", "inputs"),
             .code = ViolationCode::too_large,
             .expected = "at most " + std::to_string(limits.max_tensor_bytes) + " bytes, the context in each Example",
             .got = std::to_string(size)});
    return {};
  }
  py::list strings;
  for (const ExampleBytes& example : examples) strings.append(py::bytes(before + std::string(example.bytes)));
  py::dict batch;
  batch["inputs"] = py::module_::import("numpy").attr("array")(strings, "object");
  const SignatureParts parts = *signature_parts(signature);
  parts.gate->inspect(batch, parts.signature->inputs, out);
  return batch;
}

// Null, and violations, where something is wrong.
py::object example_batch(py::handle signature, std::span<const ExampleBytes> examples,
                         std::span<const ExampleBytes> context, const Limits& limits, Violations& out) {
  if (examples.empty()) {  // TensorFlow Serving: "Input is empty."
    out.add({.path = "input", .code = ViolationCode::missing, .expected = "an Example at least"});
    return {};
  }
  const auto make =
      takes_serialized_examples(*signature_parts(signature)->signature) ? serialized_batch : received_examples;
  return make(signature, examples, context, limits, out);
}

py::str signature_name(const serving::ModelSpec& spec) { return {spec.signature().data(), spec.signature().size()}; }

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
        batch = example_batch(signature, request.examples, request.context, limits, found);
      }
    } catch (const serving::Malformed& malformed) {
      add_malformed(malformed, "request", found);
    }
  }
  if (!found.empty()) throw_validation_error(subject_text, found);
  return py::make_tuple(batch, model_spec_object(request.model_spec), signature_name(request.model_spec));
}

// What TensorFlow Serving refuses in a task by itself: all are of one model, each of a signature of its own.
void inspect_task(const std::vector<serving::InferenceTask>& tasks, std::size_t i, const Limits& limits,
                  Violations& out) {
  static constexpr std::string_view kMethods[] = {"tensorflow/serving/classify", "tensorflow/serving/regress"};
  const auto shown = [&](std::string_view name) { return quoted(name, limits.max_name_characters); };
  const serving::InferenceTask& task = tasks[i];
  if (std::find(std::begin(kMethods), std::end(kMethods), task.method_name) == std::end(kMethods)) {
    out.add({.path = "method_name",
             .code = ViolationCode::unsupported,
             .expected = "one of " + shown(kMethods[0]) + ", " + shown(kMethods[1]),
             .got = shown(task.method_name)});
  }
  if (task.model_spec.name != tasks[0].model_spec.name) {
    out.add({.path = "model_spec.name",
             .code = ViolationCode::unknown_model,
             .expected = shown(tasks[0].model_spec.name) + ", as in tasks[0]",
             .got = shown(task.model_spec.name)});
  }
  for (std::size_t before = 0; before < i; ++before) {
    if (tasks[before].model_spec.signature() != task.model_spec.signature()) continue;
    out.add({.path = "model_spec.signature_name",
             .code = ViolationCode::structure,
             .expected = "each signature once",
             .got = shown(task.model_spec.signature()) + ", as in tasks[" + std::to_string(before) + "]"});
    break;
  }
}

// Of each task the inputs, the model spec and the signature's name. `choose` gives the contracts by the model's name,
// version and label.
py::list decode_multi_inference_request(const py::object& data, const py::object& choose,
                                        const py::object& limits_given) {
  const WireBytes bytes(data, "data");
  const Limits& limits = limits_argument(limits_given);
  Violations found = violations_within(limits);
  const std::string subject_text = "a MultiInferenceRequest";
  py::list out;
  if (has_allowed_size(bytes.view(), limits, "request", found)) {
    try {
      const auto [tasks, examples, context] = serving::read_multi_inference_request(bytes.view(), limits);
      if (tasks.empty()) found.add({.path = "tasks", .code = ViolationCode::missing, .expected = "a task at least"});
      if (tasks.size() > limits.max_inputs) {
        found.add({.path = "tasks",
                   .code = ViolationCode::too_large,
                   .expected = "at most " + std::to_string(limits.max_inputs) + " tasks",
                   .got = "more"});
      }
      if (!found.empty()) throw_validation_error(subject_text, found);
      const serving::ModelSpec& first = tasks[0].model_spec;
      const py::object signatures = choose(*requested_model(first));
      require_contract_arguments(signatures, py::none());
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        Violations of_task(std::numeric_limits<std::size_t>::max(), found.names());
        inspect_task(tasks, i, limits, of_task);
        const py::object signature = chosen_signature(signatures, tasks[i].model_spec, py::none(), of_task);
        for (Violation violation : of_task.kept()) {
          violation.path = "tasks[" + std::to_string(i) + "]." + violation.path;
          found.add(std::move(violation));
        }
        // A signature that is asked for twice would be decoded twice, a thousand times a thousand times.
        if (!of_task.empty()) continue;
        const py::object batch = example_batch(signature, examples, context, limits, found);
        if (!batch) continue;
        out.append(py::make_tuple(batch, model_spec_object(tasks[i].model_spec), signature_name(tasks[i].model_spec)));
      }
    } catch (const serving::Malformed& malformed) {
      add_malformed(malformed, "request", found);
    }
  }
  if (!found.empty()) throw_validation_error(subject_text, found);
  return out;
}

}  // namespace

void bind_examples(py::module_& m) {
  m.def("decode_examples", &decode_examples, py::arg("serialized"), py::arg("sig"), py::arg("limits"),
        "Decode serialized Examples; see tensorgate.serving.decode_examples.");
  m.def("decode_example_request", &decode_example_request, py::arg("data"), py::arg("sigs"), py::arg("model"),
        py::arg("limits"), py::arg("what"),
        "Decode a ClassificationRequest or RegressionRequest; see tensorgate.serving.decode_classification_request.");
  m.def("decode_multi_inference_request", &decode_multi_inference_request, py::arg("data"), py::arg("choose"),
        py::arg("limits"), "Decode the Examples of each task; see tensorgate.serving.");
}

}  // namespace tensorgate::python
