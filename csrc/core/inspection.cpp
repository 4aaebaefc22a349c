#include "core/inspection.h"

#include <utility>

#include "core/hint.h"
#include "core/text.h"

namespace tensorgate {
namespace {

// A batch may hold any number of unknown names, and looking for what each may have meant takes its time.
constexpr std::size_t kMaxNamesSearched = 64;

}  // namespace

void Violations::add(Violation violation) {
  if (has_room()) {
    kept_.push_back(std::move(violation));
  } else {
    ++unlisted_;
  }
}

void Inspection::tensor(std::size_t input, const TensorSpec& spec, const std::string& path, const TensorView& view,
                        const std::string& dtype_text) {
  if (view.dtype != spec.dtype) {
    out_.add({.path = path,
              .code = ViolationCode::dtype,
              .expected = std::string(name(spec.dtype)),
              .got = dtype_text,
              .hint = dtype_hint(spec.dtype, view.dtype)});
  }
  shape(plan_.tensors()[input], spec, path, view);
}

void Inspection::shape(const TensorPlan& tensor, const TensorSpec& spec, const std::string& path,
                       const TensorView& view) {
  if (tensor.rank < 0) return;
  if (tensor.rank != static_cast<std::int32_t>(view.dims.size())) {
    out_.add({.path = path,
              .code = ViolationCode::rank,
              .expected = text(spec.shape),
              .got = text(view.dims),
              .hint = shape_hint(spec, view)});
    return;
  }
  std::optional<std::size_t> first;
  std::int64_t count = 0;
  for (std::size_t axis = 0; axis < view.dims.size(); ++axis) {
    if (tensor.rules[axis] < 0 || tensor.rules[axis] == view.dims[axis]) continue;
    if (!first) first = axis;
    ++count;
  }
  if (first) {
    out_.add({.path = path,
              .code = ViolationCode::dim,
              .expected = text(spec.shape),
              .got = text(view.dims),
              .hint = shape_hint(spec, view),
              .index = {{static_cast<std::int64_t>(*first)}},
              .count = count});
  }
  for (std::size_t axis = 0; axis < view.dims.size(); ++axis) {
    const DimRule rule = tensor.rules[axis];
    if (rule >= 0 || rule == kAny) continue;
    const std::size_t symbol = symbol_of(rule);
    std::optional<Binding>& bound = bound_[symbol];
    if (!bound) {
      bound = Binding{view.dims[axis], path, axis};
    } else if (bound->size != view.dims[axis]) {
      out_.add({.path = path,
                .code = ViolationCode::dim_mismatch,
                .expected = escaped(plan_.symbols()[symbol]) + " = " + std::to_string(bound->size) + " as on axis " +
                            std::to_string(bound->axis) + " of " + bound->path,
                .got = std::to_string(view.dims[axis]) + " on axis " + std::to_string(axis),
                .index = {{static_cast<std::int64_t>(axis)}}});
    }
  }
}

void Inspection::missing(const TensorSpec& spec, const std::string& path) {
  out_.add({.path = path, .code = ViolationCode::missing, .expected = text(spec)});
}

void Inspection::unexpected(const std::string& path, std::string_view name,
                            const std::vector<std::string_view>& absent) {
  Violation violation{.path = path, .code = ViolationCode::unexpected};
  if (out_.has_room() && names_searched_++ < kMaxNamesSearched) violation.hint = name_hint(name, absent);
  out_.add(std::move(violation));
}

}  // namespace tensorgate
