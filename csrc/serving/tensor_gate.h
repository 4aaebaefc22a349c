#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/nest.h"
#include "core/plan.h"
#include "serving/limits.h"
#include "serving/span_reader.h"

namespace tensorgate::serving {

// A dict of dense specs made ready to meet a map<string, TensorProto> on the wire. Immutable, and used from many
// threads at once.
class TensorGate {
 public:
  // Throws InvalidInput where the nest is no dict of dense tensors.
  explicit TensorGate(const Nest& specs);
  TensorGate(const TensorGate&) = delete;
  TensorGate& operator=(const TensorGate&) = delete;

  // The hot path: true where each tensor of the message's map stands under its alias, once, and satisfies its spec, and
  // those that are absent have defaults that do so beside it. No copy, and no allocation unless values are to be looked
  // at that lie in a typed field. False where something is wrong, or only a slow look can tell. Throws Malformed.
  bool accepts(std::string_view message, std::uint32_t map_field, const Limits& limits) const;

 private:
  struct Child {
    std::string alias;
    std::optional<std::vector<std::int64_t>> default_dims;  // nothing: it must be there
  };

  static constexpr std::size_t kMaxChildren = 1'024;
  static constexpr std::size_t kMaxSlots = 256;
  static constexpr std::size_t kNone = SIZE_MAX;

  // How far the walk over a map has come.
  struct Progress {
    std::size_t next = 0;  // the child that most likely comes next
    std::uint64_t left;    // of the bytes that arrays may take
    std::uint64_t* seen;   // a bit a child
    std::int64_t* sizes;   // by slot
  };

  // The position of an alias, most likely the next one.
  std::size_t find(std::string_view alias, std::size_t next) const;
  bool accepts_entry(std::string_view bytes, std::uint64_t offset, Progress& progress, const Limits& limits) const;
  // True where each child that has not been seen has a default, which fits the sizes of the others.
  bool accepts_absent(const Progress& progress) const;

  Plan plan_;
  std::vector<Child> children_;
  std::unordered_map<std::string_view, std::size_t> positions_;  // of very many children
};

}  // namespace tensorgate::serving
