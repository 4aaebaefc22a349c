#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor_spec.h"

namespace tensorgate {

// A structure of specs, as tf.nest has it: a lone spec, or a container of nests.
struct Nest {
  enum class Kind : std::uint8_t { tensor, dict, list, tuple, named_tuple, dataclass };

  Kind kind = Kind::dict;
  TensorSpec tensor = {};      // Kind::tensor alone
  std::string type_name = {};  // of a named tuple or dataclass
  // In the order in which they were given. Names are those of keys and fields, each once; a list's and a tuple's
  // children have none.
  std::vector<std::pair<std::string, Nest>> children = {};

  static Nest of(TensorSpec spec) { return {.kind = Kind::tensor, .tensor = std::move(spec)}; }
};

// What a message or a path calls a child: parent['key'], parent[0], parent.field.
std::string child_path(const Nest& parent, std::size_t child, const std::string& parent_path);

// "a dict of 2 inputs", "a namedtuple Point(x, y)": what a message says was expected.
std::string text(const Nest& nest);

// True where a batch may leave all of it out.
bool is_optional(const Nest& nest);

// Specs in the order in which they were given.
void for_each_tensor(const Nest& nest, const std::string& path,
                     const std::function<void(const std::string& path, const TensorSpec&)>& visit);
void for_each_tensor(Nest& nest, const std::function<void(TensorSpec&)>& visit);

// The children's positions as tf.nest goes through them: a dict's by key, all others' in order.
std::vector<std::size_t> nest_order(const Nest& nest);

// The child of a dict with that key; null where there is none.
const Nest* find_child(const Nest& dict, const std::string& key);

// The order of a dict's keys does not count.
bool operator==(const Nest& a, const Nest& b);
std::size_t hash(const Nest& nest);

// Relations, tensor by tensor; a dict may lack what the other holds as optional.
bool is_compatible(const Nest& a, const Nest& b);
bool is_subtype(const Nest& a, const Nest& b, Renaming& names);
void add_names(const Nest& a, const Nest& b, CommonNames& names);
std::optional<Nest> common_supertype(const Nest& a, const Nest& b, CommonNames& names);

}  // namespace tensorgate
