#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "serving/decoded_tensor.h"

namespace tensorgate::serving {

// A request of the Open Inference Protocol, version 2 (kserve.github.io/website, "Open Inference Protocol"), which
// KServe and Triton speak as JSON and as ModelInferRequest.

using InferParameter = std::variant<bool, std::int64_t, double, std::string>;
using InferParameters = std::map<std::string, InferParameter>;

struct InferInput {
  std::string name;
  std::string path;                     // in messages
  std::uint64_t offset = 0;             // where it begins
  std::optional<DecodedTensor> tensor;  // nothing where it is none
};

struct InferRequest {
  std::string id;
  std::string model_name;
  std::string model_version;
  InferParameters parameters;
  std::vector<InferInput> inputs;
  std::vector<std::string> outputs;
};

}  // namespace tensorgate::serving
