#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/nest.h"
#include "serving/json_tensor.h"

namespace tensorgate::serving {

// What TensorFlow Serving calls the parts of a body.
struct RestWords {
  std::string_view kind;       // in messages
  std::string_view rows;       // the member that lists the values row by row
  std::string_view columns;    // the member that has each tensor whole
  std::string_view signature;  // the member that names the signature; empty where there is none
  std::string_view error;      // the member that says what went wrong; empty where there is none
};

inline constexpr RestWords kRestRequest{"request", "instances", "inputs", "signature_name", ""};
inline constexpr RestWords kRestResponse{"response", "predictions", "outputs", "", "error"};

// A body of TensorFlow Serving's REST interface, read as a contract has it: into tensors, and into what is wrong with
// it on the way there. What the tensors must be, others judge.
class RestBody {
 public:
  // `tensors` is a dict of dense specs, of dtypes that JsonTensor supports. All but `kernels` must outlive the body.
  RestBody(std::string_view text, const Nest& tensors, const std::string& signature_name, const RestWords& words,
           const JsonKernels& kernels, const Limits& limits, Violations& out);

  // Reads it, once. False where it could not be read to its end.
  bool read();

  // By the tensor's position in the dict. Nothing where it is absent or not right.
  std::optional<DecodedTensor> take(std::size_t tensor);
  // True where the tensor has a default and is absent.
  bool is_defaulted(std::size_t tensor) const { return has_default(slots_[tensor]) && !slots_[tensor].seen; }

  // What the member for errors says.
  const std::optional<std::string>& error() const { return error_; }

  struct Found {
    std::string path;
    std::optional<std::int64_t> offset;
  };
  // Where an element of a tensor stands that was read well, found by another walk. Without an index: the tensor. Only
  // where there is room for another violation.
  Found find(std::size_t tensor, const std::vector<std::int64_t>& index) const;

 private:
  enum class Form : std::uint8_t { none, rows, columns };

  struct Slot {
    std::string_view name;
    const TensorSpec* spec;
    JsonTensor values;
    bool seen = false;
    bool faulty = false;
    std::int64_t row = -1;        // the last that has it
    const char* start = nullptr;  // of its value where that is the whole tensor
  };

  static bool has_default(const Slot& slot) { return slot.spec->default_value.has_value(); }

  void read_root();
  void read_member(std::string_view name);
  void read_signature_name();
  void read_rows();
  void read_row();
  template <class IsRepeated, class Begin>
  void read_object(const IsRepeated& is_repeated, const Begin& begin);
  void read_columns();
  void read_lone(std::string_view root);
  // True where what stands there is the only tensor's value, not an object with its name.
  bool is_lone_value(JsonCursor ahead);
  void read_value(Slot& slot);

  Slot* find_slot(std::string_view name, std::size_t position);
  std::string shown(std::string_view name) const;  // of a stranger

  // True where another violation is not listed: it is counted, and no text is made. A body can be wrong in every byte.
  bool is_only_counted();
  void add_missing(Slot& slot, const JsonPlace& parent, const char* at);
  void add_unexpected(std::string_view name, const char* at);
  void add_duplicate(Slot& slot, const char* at);
  // What a name that nothing has may have meant.
  std::vector<std::string_view> absent_names() const;
  void add(const std::string& path, ViolationCode code, const std::string& expected, const std::string& got,
           const char* at);
  void refuse_value(const std::string& path, const std::string& expected);

  const std::string& signature_name_;
  const RestWords& words_;
  const Limits& limits_;
  Violations& out_;
  JsonCursor json_;
  std::size_t size_;

  std::uint64_t bytes_ = 0;  // of all tensors
  std::vector<Slot> slots_;
  std::unordered_map<std::string_view, std::size_t> positions_;
  std::vector<std::size_t> order_;  // the positions in the order of the last row's names
  std::size_t names_searched_ = 0;
  std::string storage_;

  Form form_ = Form::none;
  bool is_lone_ = false;  // without the tensor's name
  std::int64_t row_count_ = 0;
  std::vector<const char*> rows_;  // where each begins, as long as violations are listed
  std::optional<std::string> error_;
  JsonPlace place_;
  const JsonTensor* reading_ = nullptr;
};

// The signature that a request's body asks for; the default one where it names none, or is no JSON object that can be
// read so far: whoever reads it then says so.
std::string requested_signature(std::string_view text, const Limits& limits);

}  // namespace tensorgate::serving
