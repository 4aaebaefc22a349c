#include "core/hint.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/nearest.h"
#include "core/text.h"

namespace tensorgate {
namespace {

using Dims = std::vector<std::int64_t>;

bool satisfies(const Shape& want, const Dims& got) {
  return std::equal(
      want.dims().begin(), want.dims().end(), got.begin(), got.end(),
      [](const Dim& dim, std::int64_t size) { return dim.size ? *dim.size == size : dim.rules.allow(size); });
}

template <std::size_t N>
Dims permuted(const Dims& dims, const std::array<std::size_t, N>& axes) {
  Dims out;
  for (const std::size_t axis : axes) out.push_back(dims[axis]);
  return out;
}

Dims batch_of_one(Dims dims) {
  dims.insert(dims.begin(), 1);
  return dims;
}

// Images whose channels stand at the other end, with and without a batch dimension.
std::optional<std::string> layout_hint(const Shape& want, const Dims& got) {
  constexpr std::array<std::size_t, 4> kToLast{0, 2, 3, 1};
  constexpr std::array<std::size_t, 4> kToFirst{0, 3, 1, 2};
  const bool batched = got.size() == 4;
  if (want.dims().size() != 4 || (!batched && got.size() != 3)) return std::nullopt;
  const Dims image = batched ? got : batch_of_one(got);
  const std::string missing_batch = batched ? "" : " without its batch dimension";
  if (const Dims turned = permuted(image, kToLast); satisfies(want, turned)) {
    return "looks like " + std::string(batched ? "NCHW" : "CHW") + missing_batch + ": transpose it to NHWC, " +
           text(turned);
  }
  if (const Dims turned = permuted(image, kToFirst); satisfies(want, turned)) {
    return "looks like " + std::string(batched ? "NHWC" : "HWC") + missing_batch + ": transpose it to NCHW, " +
           text(turned);
  }
  return std::nullopt;
}

bool is_floating(DType dtype) { return kind(dtype) == DTypeKind::floating; }
bool is_integer(DType dtype) { return kind(dtype) == DTypeKind::integer; }

bool holds_all_of(DType wide, DType narrow) {
  return item_size(wide) > item_size(narrow) && (!is_unsigned(wide) || is_unsigned(narrow));
}

}  // namespace

std::optional<std::string> dtype_hint(DType want, DType got) {
  if (want == got) return std::nullopt;
  const std::string cast = "cast it to " + std::string(name(want));
  if (got == DType::string) {
    if (want == DType::resource || want == DType::variant) return std::nullopt;
    return "strings and objects are not parsed: convert them to " + std::string(name(want)) + " first";
  }
  if (want == DType::string && got == DType::uint8) {
    return "bytes are a uint8 vector here: for a string, put them into an array of dtype object";
  }
  if (want == DType::string) return std::nullopt;
  if (is_floating(want) && got == DType::uint8) return "image bytes? " + cast + " and scale it as in training";
  if (got == DType::float64 && want == DType::float32) return "float64 is NumPy's default: " + cast;
  if (is_floating(want) && is_floating(got)) return cast;
  if (got == DType::int64 && want == DType::int32)
    return "int64 is NumPy's default: " + cast + " where every value fits";
  if (is_integer(want) && is_integer(got)) return cast + (holds_all_of(want, got) ? "" : " where every value fits");
  if (is_floating(want) && is_integer(got)) return cast;
  if (is_integer(want) && is_floating(got)) return "a cast to " + std::string(name(want)) + " would drop the fraction";
  if (want == DType::boolean && is_integer(got)) return "compare it with 0 to get a bool";
  if (got == DType::boolean && (is_integer(want) || is_floating(want))) return cast;
  if (kind(got) == DTypeKind::complex && kind(want) != DTypeKind::complex)
    return "a cast would drop the imaginary part";
  return std::nullopt;
}

std::optional<std::string> shape_hint(const TensorSpec& want, const TensorView& view) {
  if (!want.shape.rank_known()) return std::nullopt;
  const Dims got(view.dims.begin(), view.dims.end());
  const std::size_t rank = want.shape.dims().size();
  if (got.size() + 1 == rank) {
    const bool free_batch = !want.shape.dims()[0].size || *want.shape.dims()[0].size == 1;
    if (const Dims batched = batch_of_one(got); free_batch && satisfies(want.shape, batched)) {
      if (got.empty()) return "a scalar where a vector goes: give it the shape [1]";
      return "the batch dimension is missing: for a single example send " + text(batched);
    }
  }
  if (got.size() == rank + 1 && got.front() == 1) {
    if (const Dims inner(got.begin() + 1, got.end()); satisfies(want.shape, inner)) {
      return "one dimension too many: drop the leading 1, " + text(inner);
    }
  }
  if (got.size() == rank + 1 && got.back() == 1) {
    if (const Dims inner(got.begin(), got.end() - 1); satisfies(want.shape, inner)) {
      return "one dimension too many: drop the trailing 1, " + text(inner);
    }
  }
  if (got.size() == 1 && rank == 0 && got[0] == 1) return "a vector where a scalar goes: take its element";
  if (auto hint = layout_hint(want.shape, got)) return hint;
  if (got.size() == 2 && rank == 2) {
    if (const Dims turned{got[1], got[0]}; satisfies(want.shape, turned)) {
      return "looks transposed: expected " + text(turned);
    }
  }
  return std::nullopt;
}

std::optional<std::string> name_hint(std::string_view name, const std::vector<std::string_view>& known,
                                     std::size_t max_searched_length) {
  const auto did_you_mean = [](std::string_view candidate) { return "did you mean " + quoted(candidate) + "?"; };
  // A SavedModel's graph calls the input 'x' of its default signature "serving_default_x:0"; callers use 'x'.
  constexpr std::string_view kPrefix = "serving_default_";
  const auto without_port = name.substr(0, name.rfind(':'));
  for (const std::string_view candidate : known) {
    const bool prefixed = without_port.size() == kPrefix.size() + candidate.size() &&
                          without_port.starts_with(kPrefix) && without_port.ends_with(candidate);
    const bool unprefixed =
        candidate.size() == kPrefix.size() + name.size() && candidate.starts_with(kPrefix) && candidate.ends_with(name);
    const bool port = without_port == candidate && without_port.size() != name.size();
    if (prefixed || port) return did_you_mean(candidate) + " (this is its name in the graph)";
    if (unprefixed) return did_you_mean(candidate);
  }
  if (const auto found = nearest(name, known, max_searched_length)) return did_you_mean(*found);
  return std::nullopt;
}

}  // namespace tensorgate
