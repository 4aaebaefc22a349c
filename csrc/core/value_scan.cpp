#include "core/value_scan.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "core/strided_walk.h"

namespace tensorgate {
namespace {

constexpr std::size_t kMaxCodes = 8;  // more than these are looked up
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

bool is_array(const auto& bound) { return bound && bound->places.size() != 1; }

}  // namespace

Arc ValueScan::arc_of(const NumberFormat& format, Interval interval) {
  const auto [lowest, highest] = interval;
  if (lowest > highest) return {.offset = 0, .unsigned_top = 0, .signed_top = -1};
  const std::uint64_t low = format.code(lowest);
  const std::uint64_t high = format.code(highest);
  const auto any = static_cast<std::int64_t>(format.sign() - 1);
  if (!format.is_sign_magnitude() || lowest > 0) return {.offset = low, .unsigned_top = high - low, .signed_top = any};
  if (highest < 0) return {.offset = high, .unsigned_top = low - high, .signed_top = any};
  return {.offset = 0, .unsigned_top = low | format.sign(), .signed_top = highest};
}

ValueScan::ValueScan(DType dtype, const ValueRules& rules, const ValueKernels& kernels)
    : kernels_(&kernels),
      format_(dtype),
      parts_(kind(dtype) == DTypeKind::complex ? 2 : 1),
      finite_(rules.finite),
      minimum_(bound(rules.minimum)),
      maximum_(bound(rules.maximum)),
      one_of_(choice(rules.one_of)),
      by_position_(is_array(minimum_) || is_array(maximum_)) {
  choose_method();
}

std::optional<ValueScan::Bound> ValueScan::bound(const std::optional<TensorValue>& value) const {
  if (!value) return std::nullopt;
  Bound out{BroadcastDims(value->dims), {}};
  const auto* bytes = reinterpret_cast<const std::byte*>(value->bytes.data());
  for (std::size_t at = 0; at < value->bytes.size(); at += format_.bytes()) {
    out.places.push_back(format_.order(load_code(bytes + at, format_.bytes())));
  }
  return out;
}

std::optional<ValueScan::Choice> ValueScan::choice(const std::optional<TensorValue>& value) const {
  if (!value) return std::nullopt;
  bool nan = false;
  std::vector<NumberPlace> places;
  const auto* bytes = reinterpret_cast<const std::byte*>(value->bytes.data());
  for (std::size_t at = 0; at < value->bytes.size(); at += parts_ * format_.bytes()) {
    const Number number = read(bytes + at);
    nan |= number.nan;
    if (!number.nan) places.push_back(number.place);
  }
  return Choice{NumberSet(std::move(places)), nan};
}

void ValueScan::choose_method() {
  const bool bounded = minimum_ || maximum_;
  if (!bounded && !one_of_ && (!finite_ || !format_.is_sign_magnitude())) return;
  if (by_position_ && (one_of_ || !format_.is_plain())) {
    method_ = Method::each_element;
    return;
  }
  Interval limits = finite_ ? Interval{format_.lowest_finite(), format_.highest_finite()}
                            : Interval{format_.lowest(), format_.highest()};
  if (minimum_ && !is_array(minimum_)) limits.lowest = std::max(limits.lowest, minimum_->places[0]);
  if (maximum_ && !is_array(maximum_)) limits.highest = std::min(limits.highest, maximum_->places[0]);
  if (by_position_) {
    add_arc_arrays(limits);
  } else if (parts_ == 2 && one_of_) {
    method_ = Method::each_element;
  } else if (one_of_) {
    choose_codes(limits);
  } else if (format_.is_plain()) {
    method_ = Method::arc;
    arc_ = arc_of(format_, limits);
  } else {
    fill_table();
  }
}

void ValueScan::add_arc_arrays(Interval limits) {
  const bool together = is_array(minimum_) && is_array(maximum_) && minimum_->dims == maximum_->dims;
  const auto add = [&](const Bound& bound, const Bound* low, const Bound* high) {
    std::vector<Arc> arcs;
    for (std::size_t i = 0; i < bound.places.size(); ++i) {
      arcs.push_back(arc_of(format_, {low ? std::max(limits.lowest, low->places[i]) : limits.lowest,
                                      high ? std::min(limits.highest, high->places[i]) : limits.highest}));
    }
    arc_arrays_.emplace_back(bound.dims, arcs, format_.bytes());
  };
  if (together) return add(*minimum_, &*minimum_, &*maximum_);
  if (is_array(minimum_)) add(*minimum_, &*minimum_, nullptr);
  if (is_array(maximum_)) add(*maximum_, nullptr, &*maximum_);
}

void ValueScan::choose_codes(Interval limits) {
  const bool bounded = finite_ || minimum_ || maximum_;
  std::vector<std::int64_t> places;
  for (const NumberPlace& place : one_of_->numbers.places()) {
    if (limits.contains(place[0])) places.push_back(place[0]);
  }
  const bool in_a_row =
      places.empty() ||
      static_cast<std::uint64_t>(places.back()) - static_cast<std::uint64_t>(places.front()) == places.size() - 1;
  if (!format_.is_plain() || (one_of_->nan && !bounded)) {
    method_ = Method::each_element;
  } else if (in_a_row) {
    method_ = Method::arc;
    arc_ = arc_of(format_, places.empty() ? Interval{1, 0} : Interval{places.front(), places.back()});
  } else if (places.size() < kMaxCodes) {
    method_ = Method::codes;
    for (const std::int64_t place : places) {
      codes_.push_back(format_.code(place));
      if (format_.is_sign_magnitude() && place == 0) codes_.push_back(format_.sign());
    }
  } else {
    method_ = Method::each_element;
  }
  if (method_ == Method::each_element && format_.bytes() == 1) fill_table();
}

void ValueScan::fill_table() {
  method_ = Method::table;
  for (std::size_t code = 0; code < table_.size(); ++code) {
    const auto element = static_cast<std::byte>(code);
    table_[code] = !fault(&element, 0, {});
  }
}

ValueScan::Number ValueScan::read(const std::byte* element) const {
  Number out{.place = {}, .nan = false, .finite = true};
  for (std::size_t part = 0; part < parts_; ++part) {
    const std::uint64_t code = load_code(element + part * format_.bytes(), format_.bytes());
    out.place[part] = format_.order(code);
    out.nan |= format_.is_nan(code);
    out.finite &= format_.is_finite(code);
  }
  return out;
}

std::optional<ValueFault> ValueScan::fault(const std::byte* element, std::int64_t first,
                                           std::span<const std::int64_t> dims) const {
  const Number number = read(element);
  const auto place_of = [&](const Bound& bound) {
    return bound.places[bound.places.size() == 1 ? 0 : bound.dims.at(first, dims)];
  };
  if (finite_ && !number.finite) return ValueFault::not_finite;
  if (minimum_ && (number.nan || number.place[0] < place_of(*minimum_))) return ValueFault::below_minimum;
  if (maximum_ && (number.nan || number.place[0] > place_of(*maximum_))) return ValueFault::above_maximum;
  if (one_of_ && !(number.nan ? one_of_->nan : one_of_->numbers.contains(number.place))) return ValueFault::not_one_of;
  return std::nullopt;
}

bool ValueScan::is_clean(const std::byte* data, std::size_t count, std::int64_t first,
                         std::span<const std::int64_t> dims) const {
  const auto width = static_cast<std::size_t>(std::countr_zero(format_.bytes()));
  switch (method_) {
    case Method::nothing:
      break;
    case Method::arc:
      return kernels_->within[width](data, count * parts_, arc_);
    case Method::codes:
      return kernels_->among[width](data, count, codes_.data(), codes_.size());
    case Method::table:
      return std::all_of(data, data + count, [this](std::byte x) { return table_[static_cast<std::size_t>(x)]; });
    case Method::each_element:
      for (std::size_t i = 0; i < count; ++i) {
        if (fault(data + i * parts_ * format_.bytes(), first + static_cast<std::int64_t>(i), dims)) return false;
      }
      break;
  }
  return std::all_of(arc_arrays_.begin(), arc_arrays_.end(),
                     [&](const ArcArray& arcs) { return arcs.holds(data, count, first, dims, *kernels_); });
}

bool ValueScan::passes(const StridedTensor& tensor) const noexcept {
  if (method_ == Method::nothing && arc_arrays_.empty()) return true;
  if (element_count(tensor) == 0) return true;
  const auto visit = [&](const std::byte* data, std::size_t count, std::int64_t first) {
    return is_clean(data, count, first, tensor.dims);
  };
  return by_position_ ? walk(row_major(tensor), ArcArray::kMaxPiece, visit)
                      : walk(memory_order(tensor), kNoLimit, visit);
}

template <class Sink>
void ValueScan::each_fault(const StridedTensor& tensor, const Sink& sink) const {
  if (element_count(tensor) == 0) return;
  const std::size_t bytes = parts_ * format_.bytes();
  walk(row_major(tensor), ArcArray::kMaxPiece, [&](const std::byte* data, std::size_t count, std::int64_t first) {
    if (is_clean(data, count, first, tensor.dims)) return true;
    for (std::size_t i = 0; i < count; ++i, ++first) {
      std::array<std::byte, 16> element{};
      std::memcpy(element.data(), data + i * bytes, bytes);
      if (const auto found = fault(element.data(), first, tensor.dims)) sink(*found, first, element);
    }
    return true;
  });
}

std::vector<ValueFinding> ValueScan::findings(const StridedTensor& tensor) const {
  std::array<ValueFinding, 4> found{};
  each_fault(tensor, [&found](ValueFault fault, std::int64_t first, const std::array<std::byte, 16>& element) {
    ValueFinding& finding = found[static_cast<std::size_t>(fault)];
    if (finding.count++ == 0) finding = {fault, first, 1, element};
  });
  std::vector<ValueFinding> out;
  std::copy_if(found.begin(), found.end(), std::back_inserter(out), [](const auto& finding) { return finding.count; });
  return out;
}

void ValueScan::mark_rows(const StridedTensor& tensor, bool* bad) const {
  const std::int64_t elements = element_count(tensor);
  const std::int64_t of_a_row = elements == 0 ? 0 : elements / tensor.dims[0];
  each_fault(tensor, [=](ValueFault, std::int64_t first, const auto&) { bad[first / of_a_row] = true; });
}

}  // namespace tensorgate
