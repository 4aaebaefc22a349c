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

// Looks at no Example. Throws Malformed.
ExampleRequest read_example_request(std::string_view request, const Limits& limits);

}  // namespace tensorgate::serving
