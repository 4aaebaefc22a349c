#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/nest.h"

namespace tensorgate {

// The signature that is meant where none is named.
inline constexpr const char* kDefaultSignature = "serving_default";

// The contract of one batch: what goes in and, where known, what comes out.
struct Signature {
  Nest inputs;
  std::optional<Nest> outputs = {};
  std::string name = kDefaultSignature;
  std::string method_name = {};
  std::string batch_dim = {};  // the name of the dimension that counts rows; empty: none has that name
  std::string source = {};     // where it was read from, for messages; no part of ==, hash and fingerprint
};

// Throws InvalidInput, with the place, where specs contradict each other: a name with two sets of rules, or one that
// stands for a ragged dimension and for another. `root` is what the place begins with.
void require_consistent(const Nest& nest, const std::string& root);
void require_consistent(const Signature& signature);

// Makes `dim` the leading unknown dimension of every input of a dict, but for the excepted ones. In a
// signature that has this batch_dim already no further dimension takes the name. Throws InvalidInput where an excepted
// input is not there or has that dimension, where one has another name or other rules, and where none takes the name.
void name_batch_dim(Signature& signature, const Dim& dim, const std::vector<std::string>& except);

// True where axis 0 counts rows: its dimension is the one named batch_dim, or, without such a name, is not fixed.
bool has_batch_axis(const Signature& signature, const TensorSpec& spec);

// The inputs of a single row: those with a batch axis without it.
Nest row_inputs(const Signature& signature);

// The order of the names does not count.
bool operator==(const Signature& a, const Signature& b);
std::size_t hash(const Signature& signature);

// Relations of what the signatures accept: of their inputs alone.
bool is_compatible(const Signature& a, const Signature& b);
bool is_subtype(const Signature& a, const Signature& b);
// Nothing where the structures, dtypes or names of tensors differ. It says nothing of outputs.
std::optional<Signature> common_supertype(const Signature& a, const Signature& b);

}  // namespace tensorgate
