#include "python/received_tensors.h"

#include <map>

#include "core/text.h"
#include "python/batch.h"
#include "python/decoded_array.h"
#include "python/signature_type.h"
#include "python/tensor_value_array.h"
#include "python/utf8_text.h"
#include "serving/tensor_fault.h"
#include "serving/tensor_values.h"

namespace tensorgate::python {
namespace {

using serving::DecodedTensor;
using serving::Limits;
using serving::Malformed;
using serving::TensorEntry;
using serving::TensorFault;
using serving::TensorHeader;

// Turns tensors into arrays, all together in no more memory than a request may take.
class Decoder {
 public:
  Decoder(const Limits& limits, py::object owner, Violations& out)
      : limits_(limits), left_(limits.max_tensor_bytes), owner_(std::move(owner)), out_(out) {}

  // Null, and a violation, where it is no tensor.
  py::object array(std::string_view tensor, std::uint64_t offset, const std::string& path) {
    try {
      TensorHeader header;
      read_tensor_header(tensor, offset, header);
      TensorFault fault = find_fault(header, limits_);
      if (fault == TensorFault::none && decoded_bytes(header) > left_) fault = TensorFault::too_large;
      if (fault != TensorFault::none) {
        Violation violation = violation_of(fault, header, limits_);
        violation.path = path;
        out_.add(std::move(violation));
        return {};
      }
      left_ -= decoded_bytes(header);
      return decoded_array(decode_tensor(header), owner_);
    } catch (const Malformed& malformed) {
      add_malformed(malformed, path, out_);
      return {};
    }
  }

 private:
  const Limits& limits_;
  std::uint64_t left_;
  py::object owner_;
  Violations& out_;
};

struct Arrays {
  py::dict good;
  std::map<std::string, std::uint64_t> offsets;  // by path
  std::map<std::string, bool> bad;               // paths of what is no tensor by itself
};

Arrays decoded(const serving::TensorMap& tensors, const WireBytes& bytes, const Limits& limits, const std::string& root,
               Violations& out) {
  Arrays arrays;
  if (tensors.entries().size() > limits.max_inputs) {
    out.add({.path = root,
             .code = ViolationCode::too_large,
             .expected = "at most " + std::to_string(limits.max_inputs) + " tensors",
             .got = std::to_string(tensors.entries().size())});
    return arrays;
  }
  Decoder decoder(limits, bytes.owner(), out);
  for (const TensorEntry& entry : tensors.entries()) {
    const std::string path = at(root, entry.alias, limits.max_name_characters);
    arrays.offsets[path] = entry.offset;
    if (py::object array = decoder.array(entry.tensor, entry.offset, path)) {
      arrays.good[py::str(entry.alias.data(), entry.alias.size())] = array;
    } else {
      arrays.bad[path] = true;
    }
  }
  return arrays;
}

// What the contract says of the arrays, but for those that are there and are none.
void inspect(const Arrays& arrays, const SignatureParts& parts, const std::string& root, Violations& out) {
  Violations found(std::numeric_limits<std::size_t>::max(), out.names());
  parts.gate->inspect(arrays.good, parts.signature->inputs, found, true, root);
  for (Violation violation : found.kept()) {
    if (violation.code == ViolationCode::missing && arrays.bad.contains(violation.path)) continue;
    if (const auto offset = arrays.offsets.find(violation.path); offset != arrays.offsets.end()) {
      violation.offset = static_cast<std::int64_t>(offset->second);
    }
    out.add(std::move(violation));
  }
}

}  // namespace

Violations violations_within(const Limits& limits) {
  return Violations(limits.max_violations, {.max_characters = limits.max_name_characters,
                                            .max_searched = limits.max_names_searched,
                                            .max_searched_length = limits.max_searched_length});
}

void add_malformed(const Malformed& malformed, const std::string& path, Violations& out) {
  out.add({.path = path,
           .code = ViolationCode::malformed,
           .got = malformed.what,
           .offset = static_cast<std::int64_t>(malformed.offset)});
}

bool has_allowed_size(std::string_view bytes, const Limits& limits, const std::string& path, Violations& out) {
  if (bytes.size() <= limits.max_request_bytes) return true;
  out.add({.path = path,
           .code = ViolationCode::too_large,
           .expected = "at most " + std::to_string(limits.max_request_bytes) + " bytes",
           .got = std::to_string(bytes.size())});
  return false;
}

py::dict received_arrays(const serving::TensorMap& tensors, const WireBytes& bytes, const Limits& limits,
                         const std::string& root, Violations& out) {
  return decoded(tensors, bytes, limits, root, out).good;
}

py::dict received_batch(const serving::TensorMap& tensors, const WireBytes& bytes, const Limits& limits,
                        py::handle flat_signature, const std::string& root, Violations& out) {
  const SignatureParts parts = *signature_parts(flat_signature);
  Arrays arrays = decoded(tensors, bytes, limits, root, out);
  if (!out.empty() || parts.gate->judge(arrays.good.ptr()) != BatchGate::Verdict::accepted) {
    inspect(arrays, parts, root, out);
  }
  for (const auto& [alias, spec] : parts.signature->inputs.children) {
    const py::str key(alias);
    if (arrays.good.contains(key) || !is_optional(spec) || arrays.bad.contains(at(root, alias))) continue;
    if (spec.tensor.default_value) {
      arrays.good[key] = to_array(*spec.tensor.default_value);
    } else {
      out.add({.path = at(root, alias),
               .code = ViolationCode::missing,
               .expected = text(spec),
               .hint = "it may be absent in Python, not on the wire: the model has no default for it"});
    }
  }
  return arrays.good;
}

py::object received_tensor(const WireBytes& bytes, const Limits& limits, const std::string& path, Violations& out) {
  return Decoder(limits, bytes.owner(), out).array(bytes.view(), 0, path);
}

}  // namespace tensorgate::python
