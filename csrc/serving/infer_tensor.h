#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "core/inspection.h"
#include "core/nest.h"
#include "serving/decoded_tensor.h"
#include "serving/limits.h"
#include "serving/tensor_header.h"

namespace tensorgate::serving {

// The dtype that the protocol calls "FP32", "BYTES", ...
std::optional<DType> dtype_from_infer(std::string_view datatype);

// InferTensorContents, by field: what holds a boolean, an int32, ... (grpc_predict_v2.proto).
Storage::Form infer_contents_form(std::uint32_t field);
inline constexpr std::uint32_t kFirstContents = 1, kLastContents = 8;

// Makes tensors of what a request says of its inputs and sends for them; what is none is a violation at the input's
// path. All that are no views take no more memory than one tensor may.
class InferTensors {
 public:
  // Names of the contract are shown as everywhere else, those of strangers as the limits say.
  InferTensors(const Nest& contract, const Limits& limits, Violations& out);

  std::string path(std::string_view name) const;

  // False, and a violation, where an input of that name was before.
  bool is_first(std::string_view name, const std::string& path, std::uint64_t offset);

  // Gives the header, which has the shape, the dtype that the protocol calls so. False where there is none, or no
  // tensor has such a shape.
  bool describe(std::string_view datatype, TensorHeader& header, const std::string& path);

  // Of a header that was described: its bytes as they lie in memory, strings as 4 bytes of length and their own.
  std::optional<DecodedTensor> from_raw(const TensorHeader& header, std::string_view bytes, std::uint64_t offset,
                                        const std::string& path);
  // Of a header that has been told what InferTensorContents holds.
  std::optional<DecodedTensor> from_contents(const TensorHeader& header, const std::string& path);

  // The bytes of memory that the tensors have taken.
  std::uint64_t& bytes() { return bytes_; }

 private:
  void refuse(Violation violation, const std::string& path);
  std::optional<DecodedTensor> raw_strings(const TensorHeader& header, std::string_view bytes, std::uint64_t offset,
                                           const std::string& path);
  bool take_memory(const TensorHeader& header, std::uint64_t bytes, const std::string& path);

  std::unordered_set<std::string_view> own_names_;
  std::unordered_set<std::string> seen_;
  const Limits& limits_;
  Violations& out_;
  std::uint64_t bytes_ = 0;
};

// "1 byte", "2 bytes".
std::string counted(std::uint64_t count, std::string_view noun);

// "6 values, as the shape [2, 3] has".
std::string values_text(const TensorHeader& header);

}  // namespace tensorgate::serving
