// Any bytes as a request of the Open Inference Protocol, as JSON with raw bytes behind it and as a ModelInferRequest:
// read into tensors that are as large as their shape, or into violations that have a place in the bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/nest.h"
#include "serving/infer_body.h"
#include "serving/infer_message.h"
#include "serving/span_reader.h"

namespace {

using namespace tensorgate;
using namespace tensorgate::serving;

constexpr Limits kLimits{.max_tensor_bytes = 1 << 16, .max_rank = 8, .max_inputs = 16, .max_depth = 20};

void require(bool holds) {
  if (!holds) std::abort();
}

Nest contract() {
  Nest out;
  for (const char* name : {"x", "y"}) {
    out.children.emplace_back(name, Nest::of({.shape = Shape::unknown(), .dtype = DType::float32}));
  }
  return out;
}

std::size_t count_of(const DecodedTensor& tensor) {
  std::size_t count = 1;
  for (const std::int64_t size : tensor.dims) count *= static_cast<std::size_t>(size);
  return count;
}

// Looks at every byte of a tensor.
void require_whole(const DecodedTensor& tensor) {
  const std::size_t count = count_of(tensor);
  std::size_t sum = 0;
  if (tensor.dtype == DType::string) {
    require(tensor.strings.size() == count);
    for (const std::string_view text : tensor.strings) {
      for (const char c : text) sum += static_cast<unsigned char>(c);
    }
  } else {
    const std::size_t bytes = tensor.view.empty() ? tensor.numbers.size() : tensor.view.size();
    require(bytes == count * item_size(tensor.dtype));
    for (std::size_t i = 0; i < bytes; ++i) sum += static_cast<const unsigned char*>(tensor.data())[i];
  }
  static volatile std::size_t sink;
  sink = sum;
}

void require_places(const Violations& found, std::size_t size) {
  for (const Violation& violation : found.kept()) {
    require(!violation.path.empty() && (!violation.offset || *violation.offset <= static_cast<std::int64_t>(size)));
  }
}

void read_body(std::string_view bytes, std::size_t json_size, const Nest& tensors) {
  Violations found(kLimits.max_violations);
  InferBody body(bytes, json_size, tensors, json_kernels(), kLimits, found);
  const bool whole = body.read();
  require(whole || !found.empty());
  for (std::size_t i = 0; whole && i < body.request().inputs.size(); ++i) {
    const InferInput& input = body.request().inputs[i];
    require(input.tensor || !found.empty());
    if (!input.tensor) continue;
    require_whole(*input.tensor);
    if (const std::size_t count = count_of(*input.tensor))
      require(body.offset_of(i, count - 1).value_or(0) < json_size);
  }
  require_places(found, bytes.size());
}

void read_message(std::string_view bytes, const Nest& tensors) {
  Violations found(kLimits.max_violations);
  try {
    const auto request = read_infer_message(bytes, tensors, kLimits, found);
    require(request || !found.empty());
    if (!request) return;
    for (const InferInput& input : request->inputs) {
      require(input.tensor || !found.empty());
      if (input.tensor) require_whole(*input.tensor);
    }
  } catch (const Malformed& malformed) {
    require(malformed.offset <= bytes.size());
  }
  require_places(found, bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const Nest kContract = contract();
  // On the heap, without a byte behind it: a look beyond the bytes is seen.
  const std::vector<char> bytes(data + 1, data + size);
  const std::string_view view(bytes.data(), bytes.size());
  const std::size_t behind = data[0];
  read_body(view, view.size() - (behind < view.size() ? behind : 0), kContract);
  read_message(view, kContract);
  return 0;
}
