#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "serving/limits.h"
#include "serving/model_spec.h"
#include "serving/tensor_map.h"

namespace tensorgate::serving {

// Where the two messages of Predict have what they share (tensorflow_serving/apis/predict.proto).
struct PredictLayout {
  std::uint32_t model_spec;
  std::uint32_t tensors;
  bool has_filter;
};
inline constexpr PredictLayout kPredictRequest{1, 2, true};
inline constexpr PredictLayout kPredictResponse{2, 1, false};

// What a PredictRequest says beside its tensors.
struct PredictHead {
  ModelSpec model_spec;
  bool has_filter = false;
};

// Passes over the tensors. Throws Malformed.
PredictHead read_predict_head(std::string_view message, const PredictLayout& layout);

// All of a PredictRequest or a PredictResponse, where it stands on the wire. Of more tensors and
// filters than there may be, only so many are kept that one can tell.
struct PredictMessage {
  ModelSpec model_spec;
  TensorMap tensors;
  std::vector<std::string_view> output_filter;
};

PredictMessage read_predict_message(std::string_view message, const PredictLayout& layout, const Limits& limits);

}  // namespace tensorgate::serving
