#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/nest.h"
#include "serving/infer_request.h"
#include "serving/infer_tensor.h"
#include "serving/json_tensor.h"

namespace tensorgate::serving {

// A REST body of the Open Inference Protocol: JSON, and behind it the raw bytes of the inputs whose parameters have a
// binary_data_size. Read into tensors as they describe themselves, and into what is wrong with it on the way there.
// What the tensors must be, others judge.
class InferBody {
 public:
  // So many of the body's bytes are JSON. All but `kernels` must outlive it.
  InferBody(std::string_view body, std::size_t json_size, const Nest& contract, const JsonKernels& kernels,
            const Limits& limits, Violations& out);

  // Reads it, once. False where it could not be read to its end.
  bool read();

  InferRequest& request() { return request_; }

  // Where an element of an input's `data` stands, by its row-major position. Nothing where the input came as raw bytes.
  // Throws BadJson where someone has written to the body since.
  std::optional<std::uint64_t> offset_of(std::size_t input, std::uint64_t position) const;

 private:
  // What an object in "inputs" says.
  struct Input {
    std::optional<std::string> name;
    std::optional<std::string> datatype;
    std::optional<std::vector<std::int64_t>> dims;
    std::optional<JsonCursor> data;  // before the value
    std::optional<DecodedTensor> values;
    bool is_read = false;
    std::optional<std::uint64_t> binary_size;
    bool awaits_bytes = false;  // and has said nothing wrong
  };

  // False where there are no inputs.
  bool read_root();
  void read_inputs();
  void read_input(std::size_t position);
  void read_input_member(std::size_t member, Input& input, const std::string& path);
  void read_input_parameters(Input& input, const std::string& path);
  void read_shape(Input& input, const std::string& path);
  void read_outputs();
  void read_parameters();
  std::optional<InferParameter> read_parameter(const std::string& path);

  // Makes the tensor of what an input has said; raw bytes come later.
  std::optional<DecodedTensor> tensor_of(Input& input, const std::string& path, std::uint64_t offset);
  bool is_whole(const Input& input, const std::string& path, std::uint64_t offset);
  void read_values(JsonCursor& json, DType dtype, Input& input, const std::string& path);
  void read_binary();

  template <class OnMember>
  void read_members(const std::string& path, std::span<const std::string_view> known, const OnMember& on_member);
  template <class OnItem>
  void read_list(const std::string& path, const OnItem& on_item);
  std::optional<std::string> read_text(const std::string& path);
  // An optional member may be null.
  bool try_null();

  void refuse_value(const std::string& path, const std::string& expected);
  void add(const std::string& path, ViolationCode code, const std::string& expected, const std::string& got,
           std::uint64_t offset);

  std::string_view body_;
  const JsonKernels& kernels_;
  const Limits& limits_;
  Violations& out_;
  JsonCursor json_;
  InferTensors tensors_;
  InferRequest request_;
  std::vector<Input> inputs_;
  std::string storage_;
  std::size_t names_searched_ = 0;
  std::string place_ = "request";  // what is being read, for messages
};

}  // namespace tensorgate::serving
