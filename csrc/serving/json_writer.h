#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "serving/outgoing_tensor.h"

namespace tensorgate::serving {

// At most so many bytes are written for a string, whatever it holds.
constexpr std::uint64_t max_json_string(std::uint64_t bytes) { return 6 * bytes + 12; }

// A string, which must be UTF-8. Returns where it ends.
char* write_json_text(char* out, std::string_view utf8);

// The elements of a tensor as nested lists. Refers to the tensor.
class JsonTensorWriter {
 public:
  // The dtype must be one that JSON has numbers for, or string.
  explicit JsonTensorWriter(const OutgoingTensor& tensor);

  static bool can_write(DType dtype);

  // The most that all lists and elements take, and from how many on memory may be touched behind them. Throws
  // std::bad_alloc where no memory could hold it.
  std::uint64_t max_size() const;
  static constexpr std::size_t kSlack = 48;

  // Both return where the text ends.
  char* write(char* out) const { return write_from(out, 0, data_); }
  char* write_row(char* out, std::int64_t row) const { return write_from(out, 1, data_ + row * strides_[0]); }

 private:
  using WriteRun = char* (*)(char* out, const std::byte* from, std::int64_t stride, std::int64_t count);

  static WriteRun run_of(DType dtype);
  char* write_from(char* out, std::size_t axis, const std::byte* from) const;

  const OutgoingTensor* tensor_;
  const std::byte* data_;
  std::vector<std::int64_t> strides_;
  WriteRun run_;
};

}  // namespace tensorgate::serving
