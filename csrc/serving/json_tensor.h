#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/inspection.h"
#include "serving/decoded_tensor.h"
#include "serving/json_cursor.h"
#include "serving/json_kernels.h"
#include "serving/limits.h"

namespace tensorgate::serving {

// Where a value stands in a body: instances[3]['ids'], inputs['ids'], or instances.
struct JsonPlace {
  std::string_view root;
  std::optional<std::int64_t> row = {};
  std::optional<std::string_view> name = {};

  std::string text() const;
};

// Reads values of JSON, one after the other, straight into a tensor of a dtype. Its shape is how the lists are nested.
// An element or a list that does not fit is a violation, and reading goes on; what is not JSON is thrown as BadJson.
class JsonTensor {
 public:
  static bool supports(DType dtype);

  // Takes a dtype that it supports. `bytes` counts the memory of all tensors of a body. All but `kernels` must outlive
  // it. With `takes_base64` an object of "b64" alone is a string, too.
  JsonTensor(DType dtype, const JsonKernels& kernels, const Limits& limits, std::uint64_t& bytes, Violations& out,
             bool takes_base64 = true);

  // Reads one value; all that one object reads must be of one shape.
  void read(JsonCursor& json, const JsonPlace& place);

  // Where within the value reading has come to: "[3][2]".
  std::string index_text() const;

  // False where an element or a list did not fit.
  bool good() const { return good_; }
  // Of a single value; or, with their number as the first dimension, of all.
  DecodedTensor take(std::optional<std::int64_t> rows);

 private:
  static constexpr std::int64_t kUnknown = -1;
  static constexpr std::size_t kUnknownRank = std::numeric_limits<std::size_t>::max();

  // The steps of read().
  bool open_list(JsonCursor& json);
  bool more(JsonCursor& json);
  void close_list(const JsonCursor& json);
  void read_elements(JsonCursor& json);
  void read_element(JsonCursor& json);
  bool read_float(JsonCursor& json);
  bool read_integer(JsonCursor& json);
  void read_string(JsonCursor& json);
  void read_base64(JsonCursor& json);

  void run_kernel(JsonCursor& json);
  void make_room(const JsonCursor& json);
  void append(std::uint64_t code);
  void append(std::string_view text);
  void append_nothing();

  // Steps over a value of another kind.
  void refuse_value(JsonCursor& json);
  void refuse(const JsonCursor& json, const char* at, ViolationCode code, const std::string& expected,
              const std::string& got, std::optional<std::string> hint = {});
  void require_allowed_size(const JsonCursor& json) const;

  bool is_string() const { return dtype_ == DType::string; }
  std::size_t elements() const { return is_string() ? tensor_.strings.size() : used_ / item_size_; }
  // In the innermost list, or beside the value where it is a scalar.
  std::int64_t elements_of_list() const { return static_cast<std::int64_t>(elements() - list_start_); }

  DType dtype_;
  bool takes_base64_;
  std::size_t item_size_;
  const Limits& limits_;
  std::uint64_t& bytes_;
  Violations& out_;
  void (*kernel_)(NumberRun&) = nullptr;
  NumberRun run_;

  DecodedTensor tensor_;
  std::size_t used_ = 0;  // bytes of numbers
  std::string storage_;

  const JsonPlace* place_ = nullptr;
  std::size_t rank_ = kUnknownRank;
  std::size_t depth_ = 0;             // open lists
  std::vector<std::int64_t> dims_;    // kUnknown until a list at that depth has ended
  std::vector<std::int64_t> counts_;  // the children of each open list before this one; not of elements
  std::size_t list_start_ = 0;        // the first element of the innermost list
  bool good_ = true;
};

}  // namespace tensorgate::serving
