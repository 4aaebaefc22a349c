// Any bytes as a REST body: read by every set of instructions alike, into tensors that are as large as their shape, or
// into violations that have a place in the text.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "core/nest.h"
#include "serving/rest_body.h"

namespace {

using namespace tensorgate;
using namespace tensorgate::serving;

constexpr Limits kLimits{.max_tensor_bytes = 1 << 16, .max_depth = 20};

void require(bool holds) {
  if (!holds) std::abort();
}

Nest contract(std::uint8_t choice) {
  Nest out;
  const auto add = [&](const char* name, DType dtype) {
    out.children.emplace_back(name, Nest::of({.shape = Shape::unknown(), .dtype = dtype}));
  };
  constexpr DType kDTypes[] = {DType::float32, DType::float64, DType::int64,  DType::uint8,
                               DType::float16, DType::string,  DType::boolean};
  add("x", kDTypes[choice % 7]);
  if (choice % 2 == 0) add("s", DType::string);
  if (choice % 3 == 0) add("i", DType::int32);
  return out;
}

struct Outcome {
  bool whole = false;
  std::vector<Violation> violations;
  std::vector<std::optional<DecodedTensor>> tensors;
};

Outcome read(std::string_view text, const Nest& tensors, const JsonKernels& kernels) {
  static const std::string kName = "serving_default";
  Outcome out;
  Violations found(kLimits.max_violations);
  RestBody body(text, tensors, kName, kRestRequest, kernels, kLimits, found);
  out.whole = body.read();
  for (std::size_t tensor = 0; out.whole && tensor < tensors.children.size(); ++tensor) {
    out.tensors.push_back(body.take(tensor));
    if (!out.tensors.back()) continue;
    std::size_t count = 1;
    for (const std::int64_t size : out.tensors.back()->dims) count *= static_cast<std::size_t>(size);
    const DecodedTensor& made = *out.tensors.back();
    require(made.dtype == DType::string ? made.strings.size() == count
                                        : made.numbers.size() == count * item_size(made.dtype));
    if (count > 0 && found.has_room()) {
      std::vector<std::int64_t> last;
      for (const std::int64_t size : made.dims) last.push_back(size - 1);
      require(body.find(tensor, last).offset.value() < static_cast<std::int64_t>(text.size()));
    }
  }
  out.violations = found.kept();
  for (const Violation& violation : out.violations) {
    require(!violation.offset || *violation.offset <= static_cast<std::int64_t>(text.size()));
  }
  return out;
}

bool same(const std::optional<DecodedTensor>& a, const std::optional<DecodedTensor>& b) {
  if (a.has_value() != b.has_value()) return false;
  if (!a) return true;
  return a->dims == b->dims && a->strings == b->strings && a->numbers.size() == b->numbers.size() &&
         (a->numbers.size() == 0 || std::memcmp(a->numbers.data(), b->numbers.data(), a->numbers.size()) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // On the heap, without a byte behind it: a look beyond the text is seen.
  const std::vector<char> text(data + 1, data + size);
  const Nest tensors = contract(data[0]);
  const Outcome fast = read({text.data(), text.size()}, tensors, json_kernels());
  const Outcome plain = read({text.data(), text.size()}, tensors, kScalarJsonKernels);
  require(fast.whole == plain.whole && fast.violations == plain.violations);
  require(fast.whole || !fast.violations.empty());
  for (std::size_t tensor = 0; tensor < fast.tensors.size(); ++tensor) {
    require(same(fast.tensors[tensor], plain.tensors[tensor]));
  }
  return 0;
}
