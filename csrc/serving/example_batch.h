#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/inspection.h"
#include "serving/decoded_tensor.h"
#include "serving/example_contract.h"
#include "serving/limits.h"

namespace tensorgate::serving {

// A serialized tf.Example, and where it stands in what the caller was given.
struct ExampleBytes {
  std::string_view bytes;
  std::uint64_t offset = 0;
  int depth = 0;  // in other messages
};

// An input as the tensors that it has: a dense one's own; values and row_splits; indices, values and dense_shape.
struct DecodedInput {
  std::vector<DecodedTensor> parts;
};

// Makes a batch of Examples, each a row of every input, in the contract's order. Strings are views of the bytes.
//
// The features of `context`, an Example in any number of pieces, stand for those that an Example lacks: TensorFlow
// Serving puts its bytes before each Example's. What is wrong is added to `out`, by its Example: examples[3]['ids'];
// then there is no batch.
std::vector<DecodedInput> decode_examples(const ExampleContract& contract, std::span<const ExampleBytes> examples,
                                          std::span<const ExampleBytes> context, const Limits& limits, Violations& out);

}  // namespace tensorgate::serving
