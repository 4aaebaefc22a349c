#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "serving/example_batch.h"
#include "serving/limits.h"
#include "serving/model_spec.h"

namespace tensorgate::serving {

// A ClassificationRequest or a RegressionRequest, where it stands on the wire: they have the same fields.
struct ExampleRequest {
  ModelSpec model_spec;
  std::vector<ExampleBytes> examples;  // of more than the limit one more is kept
  std::vector<ExampleBytes> context;   // its pieces, which protobuf merges; none where there is no context
};

// One of the questions of a MultiInferenceRequest.
struct InferenceTask {
  ModelSpec model_spec;
  std::string_view method_name;
};

// The same Examples for several signatures of one model.
struct MultiInferenceRequest {
  std::vector<InferenceTask> tasks;    // of more than max_inputs one more is kept
  std::vector<ExampleBytes> examples;  // as in ExampleRequest
  std::vector<ExampleBytes> context;
};

// They look at no Example. Throw Malformed.
ExampleRequest read_example_request(std::string_view request, const Limits& limits);
MultiInferenceRequest read_multi_inference_request(std::string_view request, const Limits& limits);

}  // namespace tensorgate::serving
