#include "serving/example_request.h"

#include <string>

#include "serving/span_reader.h"

namespace tensorgate::serving {
namespace {

ExampleBytes bytes_of(SpanReader& wire) {
  const std::string_view bytes = wire.bytes();
  return {bytes, wire.offset() - bytes.size(), wire.depth() + 1};
}

// Of the two lists that an Input may hold the last one counts; the same one again adds to it.
class Input {
 public:
  Input(std::vector<ExampleBytes>& examples, std::vector<ExampleBytes>& context, const Limits& limits)
      : examples_(examples), context_(context), limits_(limits) {}

  void read(SpanReader& wire) {
    wire.nested([&](Field f) {
      if (f.type != WireType::length || (f.number != kExampleList && f.number != kExampleListWithContext)) {
        return wire.skip(f);
      }
      if (f.number != kind_) {
        examples_.clear();
        context_.clear();
      }
      kind_ = f.number;
      read_list(wire);
    });
  }

 private:
  static constexpr std::uint32_t kExampleList = 1;
  static constexpr std::uint32_t kExampleListWithContext = 2;
  static constexpr std::size_t kMaxPieces = 100;  // all writers write one; each takes more memory than bytes

  void read_list(SpanReader& wire) {
    wire.nested([&](Field f) {
      if (f.is(1, WireType::length)) {
        const ExampleBytes example = bytes_of(wire);
        if (examples_.size() <= limits_.max_examples) examples_.push_back(example);
      } else if (f.is(2, WireType::length) && kind_ == kExampleListWithContext) {
        if (context_.size() == kMaxPieces)
          wire.fail("a context in more than " + std::to_string(kMaxPieces) + " pieces");
        context_.push_back(bytes_of(wire));
      } else {
        wire.skip(f);
      }
    });
  }

  std::vector<ExampleBytes>& examples_;
  std::vector<ExampleBytes>& context_;
  const Limits& limits_;
  std::uint32_t kind_ = 0;
};

}  // namespace

ExampleRequest read_example_request(std::string_view request, const Limits& limits) {
  ExampleRequest out;
  Input input(out.examples, out.context, limits);
  SpanReader wire(request);
  wire.message([&](Field f) {
    if (f.is(1, WireType::length)) {
      read_model_spec(wire, out.model_spec);
    } else if (f.is(2, WireType::length)) {
      input.read(wire);
    } else {
      wire.skip(f);
    }
  });
  return out;
}

MultiInferenceRequest read_multi_inference_request(std::string_view request, const Limits& limits) {
  MultiInferenceRequest out;
  Input input(out.examples, out.context, limits);
  SpanReader wire(request);
  wire.message([&](Field f) {
    if (f.is(1, WireType::length)) {
      InferenceTask task;
      wire.nested([&](Field part) {
        if (part.is(1, WireType::length)) {
          read_model_spec(wire, task.model_spec);
        } else if (part.is(2, WireType::length)) {
          task.method_name = wire.utf8("a method's name");
        } else {
          wire.skip(part);
        }
      });
      if (out.tasks.size() <= limits.max_inputs) out.tasks.push_back(task);
    } else if (f.is(2, WireType::length)) {
      input.read(wire);
    } else {
      wire.skip(f);
    }
  });
  return out;
}

}  // namespace tensorgate::serving
