#include "core/signature.h"

#include <algorithm>
#include <unordered_map>

#include "core/errors.h"
#include "core/hash.h"
#include "core/text.h"

namespace tensorgate {
namespace {

bool same(const NamedSpecs& a, const NamedSpecs& b) {
  if (a.size() != b.size()) return false;
  std::unordered_map<std::string_view, const TensorSpec*> specs;
  for (const auto& [name, spec] : a) specs.emplace(name, &spec);
  for (const auto& [name, spec] : b) {
    const auto found = specs.find(name);
    if (found == specs.end() || *found->second != spec) return false;
  }
  return true;
}

// A sum, so that the order does not count.
std::size_t hash(const NamedSpecs& specs) {
  std::size_t sum = 0;
  for (const auto& [name, spec] : specs) sum += Hash().add(name).add(hash(spec)).value();
  return sum;
}

}  // namespace

void name_batch_dim(Signature& signature, const std::string& name, const std::vector<std::string>& except) {
  for (const std::string& excepted : except) {
    const bool there = std::any_of(signature.inputs.begin(), signature.inputs.end(),
                                   [&](const auto& input) { return input.first == excepted; });
    if (!there) throw InvalidInput("batch_dim_except: there is no input " + quoted(excepted));
  }
  bool named = false;
  for (auto& [input, spec] : signature.inputs) {
    if (!spec.shape.rank_known() || spec.shape.dims().empty() || spec.shape.dims()[0].size) continue;
    if (std::find(except.begin(), except.end(), input) != except.end()) continue;
    std::vector<Dim> dims = spec.shape.dims();
    dims[0].name = name;
    spec.shape = Shape(std::move(dims));
    named = true;
  }
  if (!named) throw InvalidInput("batch_dim " + quoted(name) + ": no input has a leading unknown dimension");
}

bool operator==(const Signature& a, const Signature& b) {
  return a.name == b.name && a.method_name == b.method_name && same(a.inputs, b.inputs) &&
         a.outputs.has_value() == b.outputs.has_value() && (!a.outputs || same(*a.outputs, *b.outputs));
}

std::size_t hash(const Signature& signature) {
  Hash result;
  result.add(signature.name).add(signature.method_name).add(hash(signature.inputs));
  if (signature.outputs) result.add(hash(*signature.outputs));
  return result.value();
}

}  // namespace tensorgate
