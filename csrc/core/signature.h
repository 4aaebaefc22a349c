#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/tensor_spec.h"

namespace tensorgate {

// Names are unique and in the order in which they were given.
using NamedSpecs = std::vector<std::pair<std::string, TensorSpec>>;

// The contract of one batch: what goes in and, where known, what comes out.
struct Signature {
  NamedSpecs inputs;
  std::optional<NamedSpecs> outputs;
  std::string name = "serving_default";
  std::string method_name;
  std::string source;  // where it was read from, for messages; no part of == and hash
};

// Names the leading unknown dimension of every input, but for the excepted ones. Throws InvalidInput where an excepted
// input is not there, or where no dimension takes the name.
void name_batch_dim(Signature& signature, const std::string& name, const std::vector<std::string>& except);

// The order of the names does not count.
bool operator==(const Signature& a, const Signature& b);
std::size_t hash(const Signature& signature);

}  // namespace tensorgate
