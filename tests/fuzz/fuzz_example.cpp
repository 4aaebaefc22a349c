// Any bytes as Examples and as a request of them. An Example alone and one that is the context of an empty one say the
// same.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/nest.h"
#include "serving/example_batch.h"
#include "serving/example_reader.h"
#include "serving/example_request.h"

namespace {

using namespace tensorgate;
using namespace tensorgate::serving;

constexpr Limits kLimits{.max_tensor_bytes = 1 << 20, .max_examples = 100, .max_features = 100};

Nest inputs() {
  const Dim batch{.name = "batch"};
  const TensorValue zero{.dtype = DType::float32, .dims = {1, 2}, .bytes = std::string(8, '\0')};
  Nest out;
  const auto add = [&](const char* name, TensorSpec spec) {
    out.children.emplace_back(name, Nest::of(std::move(spec)));
  };
  add("x", {.shape = Shape({batch, Dim{2}}), .dtype = DType::float32, .optional = true, .default_value = zero});
  add("s", {.shape = Shape({batch, Dim{}}), .dtype = DType::string});
  add("ids", {.shape = Shape({batch, Dim{}}), .dtype = DType::int64, .encoding = Encoding::ragged, .ragged_rank = 1});
  add("w", {.shape = Shape({batch, Dim{}}), .dtype = DType::float32, .encoding = Encoding::sparse});
  return out;
}

struct Outcome {
  bool is_good;
  std::vector<DecodedInput> inputs;
};

Outcome decoded(const ExampleContract& contract, const std::vector<ExampleBytes>& examples,
                const std::vector<ExampleBytes>& context) {
  Violations found(64);
  std::vector<DecodedInput> out = decode_examples(contract, examples, context, kLimits, found);
  report("Examples", found.kept(), found.unlisted());
  return {found.empty(), std::move(out)};
}

bool same(const DecodedTensor& a, const DecodedTensor& b) {
  const std::string_view numbers(reinterpret_cast<const char*>(a.numbers.data()), a.numbers.size());
  const std::string_view others(reinterpret_cast<const char*>(b.numbers.data()), b.numbers.size());
  return a.dims == b.dims && a.strings == b.strings && numbers == others;
}

void require_same(const Outcome& a, const Outcome& b) {
  if (a.is_good != b.is_good) std::abort();
  for (std::size_t i = 0; i < a.inputs.size(); ++i) {
    for (std::size_t part = 0; part < a.inputs[i].parts.size(); ++part) {
      if (!same(a.inputs[i].parts[part], b.inputs[i].parts[part])) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Nest nest = inputs();
  static const ExampleContract contract(nest);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require_same(decoded(contract, {{bytes}}, {}), decoded(contract, {{}}, {{bytes}}));
  decoded(contract, {{bytes}, {without_padding(bytes)}, {bytes}}, {});
  try {
    const ExampleRequest request = read_example_request(bytes, kLimits);
    decoded(contract, request.examples, request.context);
  } catch (const Malformed&) {
  }
  return 0;
}
