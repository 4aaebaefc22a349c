#include "serving/tensor_gate.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "core/errors.h"
#include "serving/plain_reader.h"
#include "serving/tensor_fault.h"
#include "serving/tensor_header.h"
#include "serving/tensor_map.h"
#include "serving/tensor_values.h"

namespace tensorgate::serving {

TensorGate::TensorGate(const Nest& specs) : plan_(specs) {
  for (const auto& [alias, child] : specs.children) {
    if (child.kind != Nest::Kind::tensor || child.tensor.encoding != Encoding::dense) {
      throw InvalidInput("only dense tensors travel on the wire");
    }
    Child& made = children_.emplace_back(Child{alias, std::nullopt});
    if (child.tensor.default_value) made.default_dims = child.tensor.default_value->dims;
  }
  for (std::size_t i = 0; i < children_.size(); ++i) positions_.emplace(children_[i].alias, i);
}

namespace {

// Aliases are short: a call takes longer than what it compares.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace

std::size_t TensorGate::find(std::string_view alias, std::size_t next) const {
  constexpr std::size_t kScan = 16;
  if (next < children_.size() && is_same(children_[next].alias, alias)) return next;
  if (children_.size() <= kScan) {
    for (std::size_t i = 0; i < children_.size(); ++i) {
      if (is_same(children_[i].alias, alias)) return i;
    }
    return kNone;
  }
  const auto found = positions_.find(alias);
  return found == positions_.end() ? kNone : found->second;
}

bool TensorGate::accepts_entry(std::string_view bytes, std::uint64_t offset, Progress& progress,
                               const Limits& limits) const {
  TensorEntry entry{.offset = offset};
  if (!PlainReader(bytes).read_entry(entry)) {
    SpanReader wire(bytes, offset, kEntryDepth);
    entry = read_tensor_entry(wire);
    if (entry.parts != 1) return false;
  }
  const std::size_t child = find(entry.alias, progress.next);
  if (child == kNone) return false;
  progress.next = child + 1;
  const std::uint64_t bit = std::uint64_t{1} << (child % 64);
  if ((progress.seen[child / 64] & bit) != 0) return false;
  progress.seen[child / 64] |= bit;
  TensorHeader header;
  if (!PlainReader(entry.tensor).read_header(header)) {
    std::construct_at(&header);
    read_tensor_header(entry.tensor, entry.offset, header, kTensorDepth);
  }
  const TensorPlan& plan = plan_.tensors()[child];
  if (find_fault(header, limits) != TensorFault::none) return false;
  if (!matches(plan, {*header.dtype(), header.dims()}, progress.sizes)) return false;
  if (header.content.empty() || plan.dtype == DType::string) {  // else it stays where it lies
    const std::uint64_t taken = decoded_bytes(header);
    if (taken > progress.left) return false;
    progress.left -= taken;
  }
  return plan.elements == nullptr || values_match(header, *plan.elements);
}

bool TensorGate::accepts_absent(const Progress& progress) const {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if ((progress.seen[i / 64] >> (i % 64) & 1) != 0) continue;
    const auto& dims = children_[i].default_dims;
    if (!dims || !shape_matches(plan_.tensors()[i], dims->data(), progress.sizes)) return false;
  }
  return true;
}

bool TensorGate::accepts(std::string_view message, std::uint32_t map_field, const Limits& limits) const {
  if (children_.size() >= kMaxChildren || plan_.sizes().size() > kMaxSlots) return false;
  std::array<std::uint64_t, kMaxChildren / 64> seen;
  for (std::size_t i = 0; i <= children_.size() / 64; ++i) seen[i] = 0;
  std::array<std::int64_t, kMaxSlots> sizes;
  // A copy whose length is counted takes longer than a tensor's header.
  std::memcpy(sizes.data(), plan_.sizes().data(), Plan::kFewSlots * sizeof(std::int64_t));
  if (plan_.sizes().size() > Plan::kFewSlots) std::copy(plan_.sizes().begin(), plan_.sizes().end(), sizes.begin());
  Progress progress{.left = limits.max_tensor_bytes, .seen = seen.data(), .sizes = sizes.data()};
  std::size_t count = 0;
  bool passes = true;
  SpanReader wire(message);
  wire.message([&](Field f) {
    if (!passes || !f.is(map_field, WireType::length)) return wire.skip(f);
    ++count;
    const std::string_view entry = wire.bytes();
    passes = accepts_entry(entry, wire.offset() - entry.size(), progress, limits);
  });
  if (!passes || count > limits.max_inputs) return false;
  if (count < children_.size() && !accepts_absent(progress)) return false;  // each came once
  return plan_.allows(sizes.data());
}

}  // namespace tensorgate::serving
