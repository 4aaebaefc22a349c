#include "serving/saved_model.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/errors.h"
#include "core/text.h"
#include "serving/contract_reader.h"
#include "serving/default_value.h"
#include "serving/shape_proto.h"

namespace tensorgate::serving {
namespace {

// TensorFlow's own bookkeeping, no signatures to call.
bool is_bookkeeping(std::string_view signature) {
  return signature == "__saved_model_init_op" || signature == "__saved_model_train_op";
}

// A TensorInfo as it stands on the wire.
struct TensorInfo {
  enum class Encoding { none, name, coo_sparse, composite };

  std::uint64_t start = 0;
  Encoding encoding = Encoding::none;
  std::uint64_t dtype = 0;
  RawShape shape;
  std::vector<TensorInfo> components;
};

void read_tensor_info(ContractReader& wire, TensorInfo& out) {
  out.start = wire.position();
  const auto choose = [&](TensorInfo::Encoding encoding) {
    // Of a oneof the last member wins; the same one again merges.
    if (out.encoding != encoding) out.components.clear();
    out.encoding = encoding;
  };
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length)) {
      choose(TensorInfo::Encoding::name);
      wire.utf8("a tensor's name");
    } else if (f.is(2, WireType::varint)) {
      out.dtype = static_cast<std::uint32_t>(wire.varint());  // an enum has 32 bits
    } else if (f.is(3, WireType::length)) {
      read_shape_proto(wire, out.shape);
    } else if (f.is(4, WireType::length)) {
      choose(TensorInfo::Encoding::coo_sparse);
      wire.nested([&](Field part) {
        if (part.type == WireType::length && part.number >= 1 && part.number <= 3) {
          wire.utf8("a tensor's name");
        } else {
          wire.skip(part);
        }
      });
    } else if (f.is(5, WireType::length)) {
      choose(TensorInfo::Encoding::composite);
      wire.nested([&](Field composite) {
        if (composite.is(1, WireType::length)) {
          wire.skip_message();
        } else if (composite.is(2, WireType::length)) {
          read_tensor_info(wire, out.components.emplace_back());
        } else {
          wire.skip(composite);
        }
      });
    } else {
      wire.skip(f);
    }
  });
}

// Reads map<string, Value>: either part of an entry may be absent.
template <class Value, class ReadValue>
std::pair<std::string, Value> read_entry(ContractReader& wire, ReadValue read_value) {
  std::pair<std::string, Value> entry;
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length)) {
      entry.first = wire.utf8("a key");
    } else if (f.is(2, WireType::length)) {
      read_value(wire, entry.second);
    } else {
      wire.skip(f);
    }
  });
  return entry;
}

struct SignatureDef {
  std::map<std::string, TensorInfo> inputs;
  std::map<std::string, TensorInfo> outputs;
  std::string method_name;
  std::map<std::string, RawDefault> defaults;
};

void read_signature_def(ContractReader& wire, SignatureDef& out) {
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length) || f.is(2, WireType::length)) {
      auto [key, info] = read_entry<TensorInfo>(wire, read_tensor_info);
      (f.number == 1 ? out.inputs : out.outputs).insert_or_assign(std::move(key), std::move(info));
    } else if (f.is(3, WireType::length)) {
      out.method_name = wire.utf8("a method name");
    } else if (f.is(4, WireType::length)) {
      auto [key, value] = read_entry<RawDefault>(wire, read_default);
      out.defaults.insert_or_assign(std::move(key), std::move(value));
    } else {
      wire.skip(f);
    }
  });
}

struct MetaGraph {
  std::set<std::string> tags;
  std::map<std::string, SignatureDef> signatures;
};

void read_meta_graph(ContractReader& wire, MetaGraph& out) {
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length)) {
      wire.nested([&](Field info) {
        if (info.is(4, WireType::length)) {
          out.tags.insert(wire.utf8("a tag"));
        } else {
          wire.skip(info);
        }
      });
    } else if (f.is(5, WireType::length)) {
      auto [key, signature] = read_entry<SignatureDef>(wire, read_signature_def);
      out.signatures.insert_or_assign(std::move(key), std::move(signature));
    } else {
      wire.skip(f);
    }
  });
}

constexpr std::size_t kNamesShown = 8;

template <class Names>
std::string listed(const Names& names) {
  std::string out;
  std::size_t shown = 0;
  for (const std::string& name : names) {
    if (shown == kNamesShown) return out + ", ...";
    out += (shown++ > 0 ? ", " : "") + quoted(name);
  }
  return out.empty() ? "none" : out;
}

// By name, as protobuf's maps have no order of their own; the order is that of tf.nest.
using Specs = std::map<std::string, TensorSpec>;

// The contract of one input or output. A sparse or composite one stands for its dense components, which is what a
// batch has to bring.
void add_specs(ContractReader& wire, const std::string& name, const TensorInfo& info, Specs& out) {
  if (info.encoding == TensorInfo::Encoding::composite) {
    for (std::size_t i = 0; i < info.components.size(); ++i) {
      add_specs(wire, name + "/" + std::to_string(i), info.components[i], out);
    }
    return;
  }
  const std::optional<DType> dtype = dtype_from_wire(info.dtype);
  if (!dtype) {
    const bool reference = info.dtype > 100 && dtype_from_wire(info.dtype - 100);
    wire.fail_at(info.start,
                 "tensor " + quoted(name) + " has " +
                     (reference ? "a reference type, " +
                                      std::string(tensorgate::name(*dtype_from_wire(info.dtype - 100))) + "_ref"
                                : "DataType " + std::to_string(info.dtype)) +
                     ", which no batch can hold");
  }
  const Shape shape = to_shape(wire, info.start, info.shape);
  const auto add = [&](std::string key, TensorSpec spec) {
    // Parts bear the whole's name, so that a long one with many parts is long many times.
    wire.charge(key.size() + sizeof spec);
    const auto [entry, added] = out.emplace(std::move(key), std::move(spec));
    if (!added) wire.fail_at(info.start, "two tensors of the name " + quoted(entry->first));
  };
  if (info.encoding != TensorInfo::Encoding::coo_sparse) {
    add(name, {.shape = shape, .dtype = *dtype});
    return;
  }
  Dim rank;
  if (shape.rank_known()) rank.size = static_cast<std::int64_t>(shape.dims().size());
  add(name + "/indices", {.shape = Shape({Dim{}, rank}), .dtype = DType::int64});
  add(name + "/values", {.shape = Shape({Dim{}}), .dtype = *dtype});
  add(name + "/dense_shape", {.shape = Shape({rank}), .dtype = DType::int64});
}

Nest dict_of(Specs specs) {
  Nest out;
  for (auto& [name, spec] : specs) out.children.emplace_back(name, Nest::of(std::move(spec)));
  return out;
}

Signature to_signature(ContractReader& wire, const std::string& source, const std::string& name,
                       const SignatureDef& def) {
  Specs inputs;
  Specs outputs;
  for (const auto& [input, info] : def.inputs) add_specs(wire, input, info, inputs);
  for (const auto& [output, info] : def.outputs) add_specs(wire, output, info, outputs);
  for (const auto& [input, raw] : def.defaults) {
    const auto found = inputs.find(input);
    if (found == inputs.end()) continue;
    TensorSpec& spec = found->second;
    const TensorValue value = to_tensor_value(wire, raw);
    if (value.dtype != spec.dtype || !is_compatible(exact_shape(value.dims), spec.shape)) {
      throw InvalidInput(source + ": the default of input " + quoted(input) + " is " +
                         std::string(tensorgate::name(value.dtype)) + " " + text(value.dims) + ", the input is " +
                         text(spec));
    }
    spec.optional = true;
    spec.default_value = value;
  }
  return {.inputs = dict_of(std::move(inputs)),
          .outputs = dict_of(std::move(outputs)),
          .name = name,
          .method_name = def.method_name,
          .source = source};
}

// A model's file, read up to its signatures.
class ContractFile {
 public:
  explicit ContractFile(const SavedModelQuery& query) : ContractFile(find_saved_model(query), query) {}

  ContractFile(const std::string& directory, const SavedModelQuery& query)
      : source_(path_text(directory)), file_(directory + "/saved_model.pb"), wire_(file_) {
    if (file_.size() == 0) wire_.fail("the file is empty");
    std::vector<MetaGraph> graphs;
    wire_.message([&](Field f) {
      if (f.is(2, WireType::length)) {
        read_meta_graph(wire_, graphs.emplace_back());
      } else {
        wire_.skip(f);
      }
    });
    if (graphs.empty()) wire_.fail("no MetaGraph in the file: not a SavedModel");
    const std::set<std::string> wanted(query.tags.begin(), query.tags.end());
    const auto found =
        std::find_if(graphs.begin(), graphs.end(), [&](const MetaGraph& graph) { return graph.tags == wanted; });
    if (found == graphs.end()) {
      std::string there;
      for (std::size_t i = 0; i < std::min(graphs.size(), kNamesShown); ++i) {
        there += (i > 0 ? ", (" : "(") + listed(graphs[i].tags) + ")";
      }
      throw InvalidInput(source_ + ": no MetaGraph with the tags (" + listed(wanted) + "); there are " + there);
    }
    definitions_ = std::move(found->signatures);
    std::erase_if(definitions_, [](const auto& entry) { return is_bookkeeping(entry.first); });
  }

  const std::map<std::string, SignatureDef>& definitions() const { return definitions_; }

  Signature signature(const std::string& name, const SignatureDef& def) {
    return to_signature(wire_, source_, name, def);
  }

  [[noreturn]] void refuse(const std::string& name) const {
    std::set<std::string> names;
    for (const auto& [there, def] : definitions_) names.insert(there);
    throw InvalidInput(source_ + ": no signature " + quoted(name) + "; there are " + listed(names));
  }

 private:
  std::string source_;  // as messages show it: a path need not be UTF-8
  FileReader file_;
  ContractReader wire_;
  std::map<std::string, SignatureDef> definitions_;
};

}  // namespace

std::map<std::string, Signature> load_signatures(const SavedModelQuery& query) {
  ContractFile file(query);
  std::map<std::string, Signature> out;
  for (const auto& [name, def] : file.definitions()) out.emplace(name, file.signature(name, def));
  return out;
}

Signature load_signature(const SavedModelQuery& query, const std::string& signature) {
  ContractFile file(query);
  const auto found = file.definitions().find(signature);
  if (found == file.definitions().end()) file.refuse(signature);
  return file.signature(found->first, found->second);
}

}  // namespace tensorgate::serving
