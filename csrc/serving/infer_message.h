#pragma once

#include <optional>
#include <string_view>

#include "core/inspection.h"
#include "core/nest.h"
#include "serving/infer_request.h"
#include "serving/limits.h"

namespace tensorgate::serving {

// Reads a serialized ModelInferRequest (grpc_predict_v2.proto), whose tensors stay where they are if they came as raw
// bytes. What is wrong with an input is a violation; bytes that are no such message are thrown as Malformed. Nothing,
// and a violation, where there are more inputs, outputs or parameters than there may be.
std::optional<InferRequest> read_infer_message(std::string_view message, const Nest& contract, const Limits& limits,
                                               Violations& out);

}  // namespace tensorgate::serving
