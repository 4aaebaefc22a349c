#include "core/signature.h"

#include <algorithm>
#include <map>

#include "core/errors.h"
#include "core/hash.h"
#include "core/text.h"

namespace tensorgate {
namespace {

struct Place {
  std::string path;
  SizeRules rules;
  bool ragged;
};

void require_one_meaning(std::map<std::string, Place>& names, const std::string& path, const TensorSpec& spec) {
  if (!spec.shape.rank_known()) return;
  for (std::size_t axis = 0; axis < spec.shape.dims().size(); ++axis) {
    const Dim& dim = spec.shape.dims()[axis];
    if (dim.name.empty()) continue;
    const Place place{"axis " + std::to_string(axis) + " of " + path, dim.rules, is_ragged(spec, axis)};
    const auto [found, is_new] = names.emplace(dim.name, place);
    if (is_new) continue;
    const Place& first = found->second;
    const std::string where = "dimension " + quoted(dim.name) + " on " + first.path + " and on " + place.path;
    if (first.rules != place.rules) {
      throw InvalidInput(where + " has two sets of rules: " + text(Dim{.name = dim.name, .rules = first.rules}) +
                         " and " + text(dim) + "; write the same Dim in both places");
    }
    if (first.ragged != place.ragged) {
      throw InvalidInput(where + " is ragged in one place and not in the other");
    }
  }
}

void require_one_meaning(std::map<std::string, Place>& names, const Nest& nest, const std::string& root) {
  for_each_tensor(nest, root,
                  [&](const std::string& path, const TensorSpec& spec) { require_one_meaning(names, path, spec); });
}

// A leading dimension under the name that counts rows. It keeps its own rules where `dim` is no more than a name.
Dim named_as(const Dim& dim, const Dim& leading, const std::string& input) {
  const bool other_name = !leading.name.empty() && leading.name != dim.name;
  const bool other_rules = leading.rules.any() && dim.rules.any() && leading.rules != dim.rules;
  if (other_name || other_rules) {
    throw InvalidInput("batch_dim " + text(dim) + ": the leading dimension of " + input + " is " + text(leading));
  }
  return {.name = dim.name, .rules = leading.rules.any() ? leading.rules : dim.rules};
}

}  // namespace

void require_consistent(const Nest& nest, const std::string& root) {
  std::map<std::string, Place> names;
  require_one_meaning(names, nest, root);
}

void require_consistent(const Signature& signature) {
  std::map<std::string, Place> names;
  require_one_meaning(names, signature.inputs, "inputs");
  if (signature.outputs) require_one_meaning(names, *signature.outputs, "outputs");
  if (signature.batch_dim.empty()) return;
  bool found = false;
  for_each_tensor(signature.inputs, "inputs", [&](const std::string&, const TensorSpec& spec) {
    found = found ||
            (spec.shape.rank_known() && !spec.shape.dims().empty() && spec.shape.dims()[0].name == signature.batch_dim);
  });
  if (!found) {
    throw InvalidInput("batch_dim " + quoted(signature.batch_dim) + ": no input has a leading dimension of that name");
  }
}

void name_batch_dim(Signature& signature, const Dim& dim, const std::vector<std::string>& except) {
  for (const std::string& excepted : except) {
    if (find_child(signature.inputs, excepted) == nullptr) {
      throw InvalidInput("batch_dim_except: there is no input " + quoted(excepted));
    }
  }
  // A contract that says itself what counts its rows leaves other leading dimensions open on purpose.
  const bool is_new = signature.batch_dim.empty();
  if (!is_new && signature.batch_dim != dim.name) {
    throw InvalidInput("batch_dim " + quoted(dim.name) + ": the contract's own is " + quoted(signature.batch_dim));
  }
  bool named = false;
  for (auto& [input, nest] : signature.inputs.children) {
    const bool excepted = std::find(except.begin(), except.end(), input) != except.end();
    for_each_tensor(nest, [&, &name = input](TensorSpec& spec) {
      if (!spec.shape.rank_known() || spec.shape.dims().empty() || spec.shape.dims()[0].size) return;
      std::vector<Dim> dims = spec.shape.dims();
      if (excepted && dims[0].name == dim.name) {
        throw InvalidInput("batch_dim_except: rows of " + at("inputs", name) + " are counted by " + quoted(dim.name));
      }
      if (excepted || (!is_new && dims[0].name != dim.name)) return;
      dims[0] = named_as(dim, dims[0], at("inputs", name));
      spec.shape = Shape(std::move(dims));
      named = true;
    });
  }
  if (!named) throw InvalidInput("batch_dim " + quoted(dim.name) + ": no input has a leading unknown dimension");
  signature.batch_dim = dim.name;
  require_consistent(signature);
}

bool has_batch_axis(const Signature& signature, const TensorSpec& spec) {
  if (!spec.shape.rank_known() || spec.shape.dims().empty()) return false;
  const Dim& dim = spec.shape.dims()[0];
  return signature.batch_dim.empty() ? !dim.size : dim.name == signature.batch_dim;
}

Nest row_inputs(const Signature& signature) {
  Nest out = signature.inputs;
  for_each_tensor(out, [&](TensorSpec& spec) {
    if (spec.encoding != Encoding::dense || !has_batch_axis(signature, spec)) return;
    const auto& dims = spec.shape.dims();
    for (std::optional<TensorValue>* bound : {&spec.rules.minimum, &spec.rules.maximum}) {
      if (*bound && (*bound)->dims.size() == dims.size()) (*bound)->dims.erase((*bound)->dims.begin());
    }
    spec.shape = Shape({dims.begin() + 1, dims.end()});
  });
  return out;
}

bool operator==(const Signature& a, const Signature& b) {
  return a.name == b.name && a.method_name == b.method_name && a.batch_dim == b.batch_dim && a.inputs == b.inputs &&
         a.outputs == b.outputs;
}

std::size_t hash(const Signature& signature) {
  Hash result;
  result.add(signature.name).add(signature.method_name).add(signature.batch_dim).add(hash(signature.inputs));
  if (signature.outputs) result.add(hash(*signature.outputs));
  return result.value();
}

bool is_compatible(const Signature& a, const Signature& b) { return is_compatible(a.inputs, b.inputs); }

bool is_subtype(const Signature& a, const Signature& b) {
  Renaming names;
  return is_subtype(a.inputs, b.inputs, names);
}

std::optional<Signature> common_supertype(const Signature& a, const Signature& b) {
  CommonNames names;
  add_names(a.inputs, b.inputs, names);
  auto inputs = common_supertype(a.inputs, b.inputs, names);
  if (!inputs) return std::nullopt;
  return Signature{.inputs = std::move(*inputs),
                   .name = a.name == b.name ? a.name : std::string(),
                   .method_name = a.method_name == b.method_name ? a.method_name : std::string()};
}

}  // namespace tensorgate
