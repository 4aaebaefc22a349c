#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/nearest.h"
#include "core/plan.h"
#include "core/tensor_view.h"
#include "core/text.h"
#include "core/violation.h"

namespace tensorgate {

// What an error keeps; a batch can hold any number of them.
inline constexpr std::size_t kMaxKeptViolations = 64;

// How much of foreign names messages show, and how much is done to find what they may have meant.
struct NameLimits {
  std::size_t max_characters = kMaxCharacters;
  std::size_t max_searched = 64;
  std::size_t max_searched_length = kMaxSearchedLength;
};

// Collects violations: keeps the first `limit` of them and counts the rest.
class Violations {
 public:
  explicit Violations(std::size_t limit = std::numeric_limits<std::size_t>::max(), NameLimits names = {})
      : limit_(limit), names_(names) {}

  void add(Violation violation);
  // Those that are counted and not listed: where there is no room.
  void add_unlisted(std::size_t count = 1) { unlisted_ += count; }
  bool empty() const { return kept_.empty() && unlisted_ == 0; }
  // False where add() would only count: the text need not be made.
  bool has_room() const { return kept_.size() < limit_; }
  std::size_t size() const { return kept_.size() + unlisted_; }
  const std::vector<Violation>& kept() const { return kept_; }
  std::size_t unlisted() const { return unlisted_; }
  const NameLimits& names() const { return names_; }

  // Which of many requests the following ones are of.
  void set_request(std::int64_t request) { request_ = request; }

 private:
  std::size_t limit_;
  NameLimits names_;
  std::vector<Violation> kept_;
  std::size_t unlisted_ = 0;
  std::optional<std::int64_t> request_;
};

// The slow look at a batch that the hot path refused: says everything that is wrong with it. One object serves
// one batch; tensors are shown to it in the signature's order.
class Inspection {
 public:
  Inspection(const Plan& plan, Violations& out) : plan_(plan), out_(out), bound_(plan.slots().size()) {}

  Violations& out() { return out_; }
  const TensorPlan& plan_of(std::size_t tensor) const { return plan_.tensors()[tensor]; }

  // `dtype_text` is what the tensor's owner calls its dtype, which TensorFlow may not have (DType::invalid).
  // True where all is well so far.
  bool tensor(std::size_t tensor, const TensorSpec& spec, const std::string& path, const TensorView& view,
              const std::string& dtype_text);
  // Rank and dimensions alone.
  bool shape(std::size_t tensor, const TensorSpec& spec, const std::string& path, const TensorView& view);
  // What a scan found among a tensor's elements.
  void values(const TensorSpec& spec, const std::string& path, std::span<const std::int64_t> dims,
              const std::vector<ValueFinding>& findings);
  // The length of each row in a ragged dimension; a name there stands for the same lengths wherever it occurs.
  void row_lengths(const Dim& dim, std::size_t axis, const std::string& path, std::span<const std::int64_t> lengths);
  void missing(const Nest& nest, const std::string& path);
  void unexpected(const std::string& path, std::string_view name, const std::vector<std::string_view>& absent);

 private:
  struct Binding {
    std::int64_t size;
    std::string path;
    std::size_t axis;
  };
  struct Lengths {
    std::string name;
    std::vector<std::int64_t> lengths;
    std::string path;
    std::size_t axis;
  };

  const Plan& plan_;
  Violations& out_;
  std::vector<std::optional<Binding>> bound_;  // by slot
  std::vector<Lengths> lengths_;               // of named ragged dimensions
  std::size_t names_searched_ = 0;
};

}  // namespace tensorgate
