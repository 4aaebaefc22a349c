#include "python/received_tensors.h"

#include <memory>
#include <unordered_set>

#include "core/text.h"
#include "python/decoded_array.h"
#include "python/received_arrays.h"
#include "python/signature_type.h"
#include "python/utf8_text.h"
#include "python/without_gil.h"
#include "serving/plain_reader.h"
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

// Turns tensors into arrays, all of which together take no more memory than one may.
class Decoder {
 public:
  Decoder(const Limits& limits, Violations& out) : limits_(limits), left_(limits.max_tensor_bytes), out_(out) {}

  // Null, and a violation, where it is no tensor. `owner` keeps the bytes; `depth` as SpanReader has it.
  py::object array(std::string_view tensor, std::uint64_t offset, int depth, py::handle owner,
                   const std::string& path) {
    try {
      return whole_array(tensor, offset, depth, owner, path);
    } catch (const Malformed& malformed) {
      add_malformed(malformed, path, out_);
      return {};
    }
  }

 private:
  py::object whole_array(std::string_view tensor, std::uint64_t offset, int depth, py::handle owner,
                         const std::string& path) {
    TensorHeader header;
    const TensorFault fault = read(tensor, offset, depth, header);
    if (fault != TensorFault::none) return refuse(violation_of(fault, header, limits_), path);
    if (header.rank > max_array_rank()) {
      return refuse({.path = {},
                     .code = ViolationCode::unsupported,
                     .expected = "at most the " + std::to_string(max_array_rank()) + " dimensions of NumPy",
                     .got = std::to_string(header.rank),
                     .offset = static_cast<std::int64_t>(offset)},
                    path);
    }
    if (decoded_bytes(header) > left_) {
      return refuse({.path = {},
                     .code = ViolationCode::too_large,
                     .expected = "tensors of at most " + std::to_string(limits_.max_tensor_bytes) + " bytes in all",
                     .got = std::string(name(*header.dtype())) + " " + text(header.dims()),
                     .offset = static_cast<std::int64_t>(offset)},
                    path);
    }
    left_ -= decoded_bytes(header);
    try {
      return decoded_array(without_gil(decoded_bytes(header), [&] { return decode_tensor(header); }), owner);
    } catch (py::error_already_set& error) {
      if (!error.matches(PyExc_ModuleNotFoundError)) throw;
      return refuse({.path = {},
                     .code = ViolationCode::unsupported,
                     .expected = "a dtype of NumPy's",
                     .got = std::string(name(*header.dtype())),
                     .hint = "install ml_dtypes, which has it",
                     .offset = static_cast<std::int64_t>(offset)},
                    path);
    }
  }

  TensorFault read(std::string_view tensor, std::uint64_t offset, int depth, TensorHeader& out) const {
    if (serving::PlainReader(tensor).read_header(out)) {  // quick, however many numbers there are
      out.offset = offset;
      return find_fault(out, limits_);
    }
    return without_gil(tensor.size(), [&] {
      std::construct_at(&out);
      read_tensor_header(tensor, offset, out, depth);
      return find_fault(out, limits_);
    });
  }

  py::object refuse(Violation violation, const std::string& path) {
    violation.path = path;
    out_.add(std::move(violation));
    return {};
  }

  const Limits& limits_;
  std::uint64_t left_;
  Violations& out_;
};

// False, and a violation, where there are more tensors than a message may have.
bool has_allowed_count(const serving::TensorMap& tensors, const Limits& limits, const std::string& root,
                       Violations& out) {
  if (!tensors.overflows()) return true;
  out.add({.path = root,
           .code = ViolationCode::too_large,
           .expected = "at most " + std::to_string(limits.max_inputs) + " tensors",
           .got = "more"});
  return false;
}

// The contract's own names, if there is one, are shown as everywhere else, those of strangers as the limits say.
ReceivedArrays decoded(const serving::TensorMap& tensors, const WireBytes& bytes, const Limits& limits,
                       const Nest* contract, const std::string& root, Violations& out) {
  std::unordered_set<std::string_view> own_names;
  if (contract != nullptr) {
    for (const auto& [alias, spec] : contract->children) own_names.insert(alias);
  }
  ReceivedArrays arrays;
  Decoder decoder(limits, out);
  const py::object owner = bytes.owner();
  for (const TensorEntry& entry : tensors.entries()) {
    const std::string path =
        own_names.contains(entry.alias) ? at(root, entry.alias) : at(root, entry.alias, limits.max_name_characters);
    arrays.offsets[path] = entry.offset;
    // What came in several pieces lies in memory of the map's.
    const py::object own = entry.parts > 1 ? py::object(py::bytes(entry.tensor)) : owner;
    const std::string_view tensor = entry.parts > 1 ? std::string_view(own.cast<std::string_view>()) : entry.tensor;
    if (py::object array = decoder.array(tensor, entry.offset, serving::kTensorDepth, own, path)) {
      arrays.good[py::str(entry.alias.data(), entry.alias.size())] = array;
    } else {
      arrays.bad.insert(path);
    }
  }
  return arrays;
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
  if (!has_allowed_count(tensors, limits, root, out)) return {};
  return decoded(tensors, bytes, limits, nullptr, root, out).good;
}

py::dict received_batch(const serving::TensorMap& tensors, const WireBytes& bytes, const Limits& limits,
                        py::handle flat_signature, const std::string& root, Violations& out) {
  if (!has_allowed_count(tensors, limits, root, out)) return {};
  const SignatureParts parts = *signature_parts(flat_signature);
  ReceivedArrays arrays = decoded(tensors, bytes, limits, &parts.signature->inputs, root, out);
  hold_against(arrays, parts, root, out);
  return arrays.good;
}

py::object received_tensor(const WireBytes& bytes, const Limits& limits, const std::string& path, Violations& out) {
  return Decoder(limits, out).array(bytes.view(), 0, 0, bytes.owner(), path);
}

}  // namespace tensorgate::python
