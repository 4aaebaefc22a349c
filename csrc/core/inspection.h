#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/signature.h"
#include "core/tensor_view.h"
#include "core/violation.h"

namespace tensorgate {

// What an error keeps; a batch can hold any number of them.
inline constexpr std::size_t kMaxKeptViolations = 64;

// Collects violations: keeps the first `limit` of them and counts the rest.
class Violations {
 public:
  explicit Violations(std::size_t limit = std::numeric_limits<std::size_t>::max()) : limit_(limit) {}

  void add(Violation violation);
  bool empty() const { return kept_.empty(); }
  // False where add() would only count: the text need not be made.
  bool has_room() const { return kept_.size() < limit_; }
  const std::vector<Violation>& kept() const { return kept_; }
  std::size_t unlisted() const { return unlisted_; }

 private:
  std::size_t limit_;
  std::vector<Violation> kept_;
  std::size_t unlisted_ = 0;
};

// The slow look at a batch that the hot path refused: says everything that is wrong with it. One object serves
// one batch; tensors are shown to it in the signature's order.
class Inspection {
 public:
  Inspection(const Plan& plan, Violations& out) : plan_(plan), out_(out), bound_(plan.symbols().size()) {}

  // `dtype_text` is what the tensor's owner calls its dtype, which TensorFlow may not have (DType::invalid).
  void tensor(std::size_t input, const TensorSpec& spec, const std::string& path, const TensorView& view,
              const std::string& dtype_text);
  void missing(const TensorSpec& spec, const std::string& path);
  void unexpected(const std::string& path, std::string_view name, const std::vector<std::string_view>& absent);

 private:
  struct Binding {
    std::int64_t size;
    std::string path;
    std::size_t axis;
  };

  void shape(const TensorPlan& tensor, const TensorSpec& spec, const std::string& path, const TensorView& view);

  const Plan& plan_;
  Violations& out_;
  std::vector<std::optional<Binding>> bound_;  // by symbol
  std::size_t names_searched_ = 0;
};

}  // namespace tensorgate
