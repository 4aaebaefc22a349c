#include "core/inspection.h"

#include <algorithm>
#include <utility>

#include "core/broadcast.h"
#include "core/element.h"
#include "core/hint.h"
#include "core/text.h"

namespace tensorgate {
namespace {

// The sizes as a message shows them: a ragged dimension has none.
std::string got_text(const TensorSpec& spec, std::span<const std::int64_t> sizes) {
  std::vector<Dim> dims = exact_shape(sizes).dims();
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    if (is_ragged(spec, axis)) dims[axis] = Dim{};
  }
  return text(Shape(std::move(dims)));
}

std::optional<std::string> hint_of(const TensorSpec& spec, const TensorView& view) {
  return spec.encoding == Encoding::ragged ? std::nullopt : shape_hint(spec, view);
}

}  // namespace

void Violations::add(Violation violation) {
  if (!has_room()) {
    ++unlisted_;
    return;
  }
  violation.request = request_;
  kept_.push_back(std::move(violation));
}

bool Inspection::tensor(std::size_t tensor, const TensorSpec& spec, const std::string& path, const TensorView& view,
                        const std::string& dtype_text) {
  const bool same_dtype = view.dtype == spec.dtype;
  if (!same_dtype) {
    out_.add({.path = path,
              .code = ViolationCode::dtype,
              .expected = std::string(name(spec.dtype)),
              .got = dtype_text,
              .hint = dtype_hint(spec.dtype, view.dtype)});
  }
  return shape(tensor, spec, path, view) && same_dtype;
}

bool Inspection::shape(std::size_t tensor, const TensorSpec& spec, const std::string& path, const TensorView& view) {
  const TensorPlan& plan = plan_of(tensor);
  if (plan.rank < 0) return true;
  if (plan.rank != static_cast<std::int32_t>(view.dims.size())) {
    out_.add({.path = path,
              .code = ViolationCode::rank,
              .expected = text(spec.shape),
              .got = got_text(spec, view.dims),
              .hint = hint_of(spec, view)});
    return false;
  }
  const std::size_t before = out_.size();
  std::optional<std::size_t> first;
  std::int64_t count = 0;
  for (const auto [axis, slot] : plan.dims) {
    const Slot& wanted = plan_.slots()[slot];
    const std::int64_t size = view.dims[axis];
    if (wanted.size == kUnbound ? wanted.rules.allow(size) : wanted.size == size) continue;
    if (!first) first = axis;
    ++count;
  }
  if (first) {
    out_.add({.path = path,
              .code = ViolationCode::dim,
              .expected = text(spec.shape),
              .got = got_text(spec, view.dims),
              .hint = hint_of(spec, view),
              .index = {{static_cast<std::int64_t>(*first)}},
              .count = count});
  }
  for (const auto [axis, slot] : plan.dims) {
    if (plan_.slots()[slot].size != kUnbound) continue;
    std::optional<Binding>& bound = bound_[slot];
    if (!bound) {
      bound = Binding{view.dims[axis], path, axis};
    } else if (bound->size != view.dims[axis]) {
      out_.add({.path = path,
                .code = ViolationCode::dim_mismatch,
                .expected = escaped(plan_.slots()[slot].name) + " = " + std::to_string(bound->size) + " as on axis " +
                            std::to_string(bound->axis) + " of " + bound->path,
                .got = std::to_string(view.dims[axis]) + " on axis " + std::to_string(axis),
                .index = {{static_cast<std::int64_t>(axis)}}});
    }
  }
  return out_.size() == before;
}

void Inspection::values(const TensorSpec& spec, const std::string& path, std::span<const std::int64_t> dims,
                        const std::vector<ValueFinding>& findings) {
  for (const ValueFinding& found : findings) {
    const std::vector<std::int64_t> index = index_of(found.first, dims);
    const ViolationCode code = code_of(found.fault);
    out_.add({.path = path,
              .code = code,
              .expected = expected_text(spec.rules, code, spec.dtype, index),
              .got = element_text(spec.dtype, found.element.data()),
              .index = index,
              .count = found.count});
  }
}

void Inspection::row_lengths(const Dim& dim, std::size_t axis, const std::string& path,
                             std::span<const std::int64_t> lengths) {
  std::optional<std::size_t> first;
  std::int64_t count = 0;
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    if (dim.size ? *dim.size == lengths[row] : dim.rules.allow(lengths[row])) continue;
    if (!first) first = row;
    ++count;
  }
  if (first) {
    out_.add({.path = path,
              .code = ViolationCode::dim,
              .expected = "rows of length " + text(dim) + " along axis " + std::to_string(axis),
              .got = std::to_string(lengths[*first]),
              .index = {{static_cast<std::int64_t>(*first)}},
              .count = count});
  }
  if (dim.name.empty()) return;
  const auto known =
      std::find_if(lengths_.begin(), lengths_.end(), [&](const Lengths& l) { return l.name == dim.name; });
  if (known == lengths_.end()) {
    lengths_.push_back({dim.name, {lengths.begin(), lengths.end()}, path, axis});
    return;
  }
  const auto [own, other] = std::mismatch(lengths.begin(), lengths.end(), known->lengths.begin(), known->lengths.end());
  if (own == lengths.end() && other == known->lengths.end()) return;
  const auto row = own - lengths.begin();
  const auto shown = [](auto at, auto end) {
    return at == end ? std::string("no row") : "a row of length " + std::to_string(*at);
  };
  out_.add({.path = path,
            .code = ViolationCode::dim_mismatch,
            .expected = escaped(dim.name) + " with " + shown(other, known->lengths.end()) + " as on axis " +
                        std::to_string(known->axis) + " of " + known->path,
            .got = shown(own, lengths.end()) + " on axis " + std::to_string(axis),
            .index = {{static_cast<std::int64_t>(row)}}});
}

void Inspection::missing(const Nest& nest, const std::string& path) {
  out_.add({.path = path, .code = ViolationCode::missing, .expected = text(nest)});
}

void Inspection::unexpected(const std::string& path, std::string_view name,
                            const std::vector<std::string_view>& absent) {
  Violation violation{.path = path, .code = ViolationCode::unexpected};
  // A batch may hold any number of unknown names, and looking for what each may have meant takes its time.
  const NameLimits& limits = out_.names();
  if (out_.has_room() && names_searched_++ < limits.max_searched) {
    violation.hint = name_hint(name, absent, limits.max_searched_length);
  }
  out_.add(std::move(violation));
}

}  // namespace tensorgate
