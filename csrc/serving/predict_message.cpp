#include "serving/predict_message.h"

namespace tensorgate::serving {
namespace {

constexpr std::uint32_t kOutputFilter = 3, kStreamedOptions = 5, kRequestOptions = 7;

// Both options are read for their form alone, as the server refuses a request where they are torn.
void pass_streamed_options(SpanReader& wire) {
  constexpr std::uint32_t kSplitDimensions = 2, kKey = 1;
  wire.nested([&](Field f) {
    if (!f.is(kSplitDimensions, WireType::length)) return wire.skip(f);
    wire.nested([&](Field part) {
      if (part.is(kKey, WireType::length)) {
        wire.utf8("a key");
      } else {
        wire.skip(part);
      }
    });
  });
}

void pass_request_options(SpanReader& wire) {
  constexpr std::uint32_t kReturnStopTokens = 4, kHandshake = 13;
  wire.nested([&](Field f) {
    if (f.is(kReturnStopTokens, WireType::length)) {
      wire.packed([&] { wire.varint(); });
    } else if (f.is(kHandshake, WireType::length)) {
      wire.skip_message();
    } else {
      wire.skip(f);
    }
  });
}

// What both walks do with a field that is neither a tensor nor the model's spec nor a filter.
void pass_over(SpanReader& wire, Field f, const PredictLayout& layout) {
  if (layout.has_filter && f.is(kStreamedOptions, WireType::length)) {
    pass_streamed_options(wire);
  } else if (layout.has_filter && f.is(kRequestOptions, WireType::length)) {
    pass_request_options(wire);
  } else {
    wire.skip(f);
  }
}

}  // namespace

PredictHead read_predict_head(std::string_view message, const PredictLayout& layout) {
  PredictHead out;
  SpanReader wire(message);
  wire.message([&](Field f) {
    if (f.is(layout.model_spec, WireType::length)) {
      read_model_spec(wire, out.model_spec);
    } else {
      out.has_filter |= layout.has_filter && f.is(kOutputFilter, WireType::length);
      pass_over(wire, f, layout);
    }
  });
  return out;
}

PredictMessage read_predict_message(std::string_view message, const PredictLayout& layout, const Limits& limits) {
  PredictMessage out;
  out.tensors = TensorMap(limits.max_inputs);
  SpanReader wire(message);
  wire.message([&](Field f) {
    if (f.is(layout.model_spec, WireType::length)) {
      read_model_spec(wire, out.model_spec);
    } else if (f.is(layout.tensors, WireType::length)) {
      out.tensors.add(wire);
    } else if (layout.has_filter && f.is(kOutputFilter, WireType::length)) {
      const std::string_view name = wire.utf8("an output's name");
      if (out.output_filter.size() <= limits.max_inputs) out.output_filter.push_back(name);
    } else {
      pass_over(wire, f, layout);
    }
  });
  return out;
}

}  // namespace tensorgate::serving
