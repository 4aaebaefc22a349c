#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "serving/json_writer.h"

namespace tensorgate::serving {

// The body of a REST request, as TensorFlow Serving reads it. Refers to what it is given.
class RestEncoder {
 public:
  enum class Format : std::uint8_t { row, columnar };

  // JSON must be able to hold all tensors. In row format they have one size along axis 0; there is one at least. A
  // lone tensor goes without its name. An empty signature_name is left out.
  RestEncoder(Format format, std::string_view signature_name, std::span<const OutgoingTensor> tensors, bool is_lone);

  // The memory that write() needs; what it writes is shorter. Throws std::bad_alloc where there is no such memory.
  std::uint64_t max_size() const;
  // Returns where it ends.
  char* write(char* out) const;

 private:
  template <class WriteTensor>
  char* write_tensors(char* out, WriteTensor write_tensor) const;

  Format format_;
  std::string_view signature_name_;
  std::span<const OutgoingTensor> tensors_;
  std::vector<JsonTensorWriter> writers_;
  std::vector<std::string> keys_;  // with the colon; none for a lone tensor
};

}  // namespace tensorgate::serving
