// Any bytes as a PredictRequest: judged, described and decoded. What the quick look accepts, the whole reader must
// find without fault.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/nest.h"
#include "serving/predict_message.h"
#include "serving/tensor_fault.h"
#include "serving/tensor_gate.h"
#include "serving/tensor_values.h"

namespace {

using namespace tensorgate;
using namespace tensorgate::serving;

constexpr Limits kLimits{.max_tensor_bytes = 1 << 20};

Nest contract() {
  const Dim batch{.name = "batch"};
  Nest out;
  const auto add = [&](const char* alias, TensorSpec spec) {
    out.children.emplace_back(alias, Nest::of(std::move(spec)));
  };
  add("x", {.shape = Shape({batch, Dim{}}), .dtype = DType::float32, .rules = {.finite = true}});
  add("ids", {.shape = Shape({batch}), .dtype = DType::int64});
  add("s", {.shape = Shape({batch}), .dtype = DType::string, .rules = {.utf8 = true}});
  add("b", {.shape = Shape::unknown(), .dtype = DType::boolean});
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TensorGate gate(contract());
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  bool accepted = false;
  try {
    accepted =
        !read_predict_head(bytes, kPredictRequest).has_filter && gate.accepts(bytes, kPredictRequest.tensors, kLimits);
  } catch (const Malformed&) {
  }
  try {
    const PredictMessage message = read_predict_message(bytes, kPredictRequest, kLimits);
    std::uint64_t taken = 0;
    for (const TensorEntry& entry : message.tensors.entries()) {
      TensorHeader header;
      read_tensor_header(entry.tensor, entry.offset, header);
      const TensorFault fault = find_fault(header, kLimits);
      if (fault != TensorFault::none) {
        if (accepted) std::abort();
        text(violation_of(fault, header, kLimits));
      } else if ((taken += decoded_bytes(header)) <= kLimits.max_tensor_bytes) {
        decode_tensor(header);
      } else if (accepted) {
        std::abort();
      }
    }
  } catch (const Malformed&) {
    if (accepted) std::abort();
  }
  return 0;
}
