#include "serving/json_tensor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/text.h"
#include "serving/json_base64.h"

namespace tensorgate::serving {
namespace {

constexpr std::size_t kFewElements = 16;
constexpr std::size_t kManyElements = 4096;
constexpr std::size_t kNumberBytes = 8;  // of a number's text, about
constexpr std::size_t kMostShown = 40;

bool begins_number(char c) { return (c >= '0' && c <= '9') || c == '-' || c == 'N' || c == 'I'; }

bool is_integer(DType dtype) { return kind(dtype) == DTypeKind::integer; }

std::string elements_text(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " element" : " elements");
}

}  // namespace

std::string JsonPlace::text() const {
  std::string out(root);
  if (row) out += "[" + std::to_string(*row) + "]";
  return name ? at(out, *name) : out;
}

bool JsonTensor::supports(DType dtype) {
  switch (kind(dtype)) {
    case DTypeKind::boolean:
    case DTypeKind::integer:
    case DTypeKind::floating:
    case DTypeKind::string:
      return true;
    default:
      return false;
  }
}

JsonTensor::JsonTensor(DType dtype, const JsonKernels& kernels, const Limits& limits, std::uint64_t& bytes,
                       Violations& out, bool takes_base64)
    : dtype_(dtype),
      takes_base64_(takes_base64),
      item_size_(item_size(dtype)),
      limits_(limits),
      bytes_(bytes),
      out_(out),
      run_{.narrow = NarrowFloat(dtype)} {
  tensor_.dtype = dtype;
  const auto width = static_cast<std::size_t>(std::countr_zero(item_size_));
  if (dtype == DType::float32) {
    kernel_ = kernels.float32;
  } else if (dtype == DType::float64) {
    kernel_ = kernels.float64;
  } else if (kind(dtype) == DTypeKind::floating) {
    kernel_ = kernels.narrow[width];
  } else if (is_integer(dtype)) {
    kernel_ = kernels.integers[width];
    const int bits = bits_of(dtype);
    run_.mask = ~std::uint64_t{0} >> (64 - bits);
    run_.largest = is_unsigned(dtype) ? run_.mask : run_.mask >> 1;
    run_.least_magnitude = is_unsigned(dtype) ? 0 : run_.largest + 1;
  }
}

void JsonTensor::read(JsonCursor& json, const JsonPlace& place) {
  place_ = &place;
  depth_ = 0;
  list_start_ = elements();
  do {
    bool empty = false;
    while (!empty && depth_ != rank_ && json.next() == '[') empty = !open_list(json);
    if (!empty) read_elements(json);
  } while (more(json));
  require_allowed_size(json);
}

DecodedTensor JsonTensor::take(std::optional<std::int64_t> rows) {
  if (rows) tensor_.dims.push_back(*rows);
  tensor_.dims.insert(tensor_.dims.end(), dims_.begin(), dims_.end());
  if (!is_string()) tensor_.numbers.resize(used_);
  return std::move(tensor_);
}

std::string JsonTensor::index_text() const {
  std::string out;
  for (std::size_t level = 0; level < depth_; ++level) {
    out += "[" + std::to_string(level + 1 == rank_ ? elements_of_list() : counts_[level]) + "]";
  }
  return out;
}

// False where the list is empty, and ends at once.
bool JsonTensor::open_list(JsonCursor& json) {
  // Rows are stacked, which adds a dimension.
  if (depth_ + (place_->row ? 1 : 0) >= limits_.max_rank) {
    throw BadJson{ViolationCode::too_large, json.offset(),
                  "a tensor of rank " + std::to_string(limits_.max_rank) + " at most", "more"};
  }
  const bool any = json.open('[');
  if (dims_.size() == depth_) {
    dims_.push_back(kUnknown);
    counts_.push_back(0);
  }
  counts_[depth_++] = 0;
  list_start_ = elements();
  if (any) return true;
  if (rank_ == kUnknownRank) rank_ = depth_;
  close_list(json);
  return false;
}

// After a child of a list, or the value itself: true where another child follows.
bool JsonTensor::more(JsonCursor& json) {
  while (depth_ > 0) {
    if (depth_ != rank_) ++counts_[depth_ - 1];
    if (json.more(']')) return true;
    close_list(json);
  }
  return false;
}

// Behind the list's end.
void JsonTensor::close_list(const JsonCursor& json) {
  const std::int64_t got = depth_ == rank_ ? elements_of_list() : counts_[depth_ - 1];
  std::int64_t& want = dims_[--depth_];
  if (want == kUnknown) {
    want = got;
  } else if (want != got) {
    refuse(json, json.at() - 1, ViolationCode::ragged, elements_text(want) + ", as before it", elements_text(got));
  }
}

// Where no list begins, or one too many: reads an element, and those that follow it as plainly.
void JsonTensor::read_elements(JsonCursor& json) {
  json.skip_space();
  if (rank_ == kUnknownRank) rank_ = depth_;
  if (depth_ != rank_) {
    const std::string got = json.value_text();
    const char* const at = json.at();
    json.skip_value();
    return refuse(json, at, ViolationCode::ragged, "a list, as before it", got);
  }
  for (bool again = true; again;) {
    if (!is_string() && tensor_.numbers.size() - used_ < item_size_) {
      require_allowed_size(json);
      make_room(json);
    }
    // What follows a lone number is no other one.
    if (kernel_ == nullptr || depth_ == 0) break;
    run_kernel(json);
    if (run_.behind_number) return;
    json.skip_space();
    // Another number may follow the spaces, or more room.
    again = json.at() != run_.at || run_.out == run_.out_end;
  }
  // A list that the kernel has begun may turn out to be empty.
  if (json.peek() == ']' && depth_ > 0 && elements_of_list() == 0) return;
  read_element(json);
}

void JsonTensor::run_kernel(JsonCursor& json) {
  std::byte* const numbers = tensor_.numbers.data();
  run_.begin = json.begin();
  run_.at = json.at();
  run_.end = json.end();
  run_.list = numbers + list_start_ * item_size_;
  run_.out = numbers + used_;
  run_.out_end = numbers + tensor_.numbers.size();
  // A list that another one follows is itself in a list.
  const bool known = depth_ > 1 && dims_[depth_ - 1] != kUnknown;
  run_.list_bytes = known ? static_cast<std::size_t>(dims_[depth_ - 1]) * item_size_ : 0;
  kernel_(run_);
  json.move_to(run_.at);
  list_start_ = static_cast<std::size_t>(run_.list - numbers) / item_size_;
  const auto used = static_cast<std::size_t>(run_.out - numbers);
  bytes_ += used - used_;
  used_ = used;
  if (run_.lists > 0) counts_[depth_ - 2] += run_.lists;
}

void JsonTensor::read_element(JsonCursor& json) {
  const char c = json.peek();
  if (is_string()) {
    if (c == '"') return read_string(json);
    if (c == '{' && takes_base64_) return read_base64(json);
  } else if (dtype_ == DType::boolean) {
    if (c == 't' || c == 'f') {
      json.word(c == 't' ? "true" : "false");
      return append(c == 't' ? 1 : 0);
    }
  } else if (begins_number(c)) {
    if (is_integer(dtype_) ? read_integer(json) : read_float(json)) return;
    return append_nothing();
  }
  refuse_value(json);
}

bool JsonTensor::read_float(JsonCursor& json) {
  const char* const start = json.at();
  const auto token = json.number_token();
  const double value = token ? *token : json.number().to_double();
  const auto fits = [&] {
    if (!token && std::isinf(value)) return false;
    if (dtype_ == DType::float64) {
      append(std::bit_cast<std::uint64_t>(value));
      return true;
    }
    if (dtype_ == DType::float32) {
      const auto rounded = static_cast<float>(value);
      if (std::isinf(rounded) && !std::isinf(value)) return false;
      append(std::bit_cast<std::uint32_t>(rounded));
      return true;
    }
    const int code = run_.narrow.code(value);
    if (code != NarrowFloat::kNone) append(static_cast<std::uint64_t>(code));
    return code != NarrowFloat::kNone;
  };
  if (fits()) return true;
  refuse(json, start, ViolationCode::not_representable, std::string(name(dtype_)),
         escaped({start, static_cast<std::size_t>(json.at() - start)}, kMostShown));
  return false;
}

bool JsonTensor::read_integer(JsonCursor& json) {
  const char* const start = json.at();
  const auto refuse_number = [&](ViolationCode code, std::string hint) {
    refuse(json, start, code, std::string(name(dtype_)),
           escaped({start, static_cast<std::size_t>(json.at() - start)}, kMostShown), std::move(hint));
    return false;
  };
  const std::string dtype(name(dtype_));
  if (json.number_token()) return refuse_number(ViolationCode::dtype, dtype + " holds whole numbers alone");
  const JsonNumber number = json.number();
  if (!number.whole) return refuse_number(ViolationCode::dtype, "write it without a fraction and an exponent");
  const auto magnitude = number.magnitude();
  if (!magnitude || *magnitude > (number.negative ? run_.least_magnitude : run_.largest)) {
    const std::string least = is_unsigned(dtype_) ? "0" : "-" + std::to_string(run_.least_magnitude);
    return refuse_number(ViolationCode::not_representable,
                         dtype + " holds whole numbers from " + least + " to " + std::to_string(run_.largest));
  }
  append((number.negative ? 0 - *magnitude : *magnitude) & run_.mask);
  return true;
}

void JsonTensor::read_string(JsonCursor& json) {
  const std::string_view text = json.string(storage_);
  append(text);
  require_allowed_size(json);
}

void JsonTensor::read_base64(JsonCursor& json) {
  JsonCursor ahead = json;
  if (!ahead.open('{') || ahead.name(storage_) != "b64" || ahead.next() != '"') return refuse_value(json);
  const char* const start = ahead.at();
  const std::string_view text = ahead.string(storage_);
  if (ahead.more('}')) return refuse_value(json);
  json = ahead;
  std::string bytes;
  if (const char* const expected = decode_base64(text, bytes)) {
    refuse(json, start, ViolationCode::malformed, expected,
           "a string of " + std::to_string(text.size()) + " characters");
    return append_nothing();
  }
  storage_ = std::move(bytes);
  append(storage_);
  require_allowed_size(json);
}

void JsonTensor::make_room(const JsonCursor& json) {
  const auto left = static_cast<std::size_t>(json.end() - json.at());
  const std::size_t first = depth_ == 0 ? kFewElements : std::clamp(left / kNumberBytes, kFewElements, kManyElements);
  const std::size_t wanted = std::max(2 * used_, first * item_size_);
  // One element over the limit, so that it is read and named.
  const std::uint64_t most = used_ + (limits_.max_tensor_bytes - bytes_) / item_size_ * item_size_ + item_size_;
  tensor_.numbers.resize(static_cast<std::size_t>(std::min<std::uint64_t>(most, wanted)));
}

void JsonTensor::append(std::uint64_t code) {
  std::memcpy(tensor_.numbers.data() + used_, &code, item_size_);
  used_ += item_size_;
  bytes_ += item_size_;
}

void JsonTensor::append(std::string_view text) {
  bytes_ += kStringBytes + kOwnStringBytes + text.size();
  if (text.data() == storage_.data()) {
    bytes_ += kOwnStringBytes + text.size();
    text = tensor_.own_strings.emplace_back(text);
  }
  tensor_.strings.push_back(text);
}

void JsonTensor::append_nothing() {
  if (is_string()) return append(std::string_view());
  append(0);
}

void JsonTensor::refuse_value(JsonCursor& json) {
  const char* const start = json.at();
  if (!out_.has_room()) {
    good_ = false;
    out_.add_unlisted();
    json.skip_value();
    return append_nothing();
  }
  const std::string got = json.value_text();
  json.skip_value();
  const auto hint = [&]() -> std::optional<std::string> {
    if (*start == '"') return "strings are not parsed: write it without quotes";
    if (is_string() && begins_number(*start)) return "write it in quotes";
    if (dtype_ == DType::boolean && begins_number(*start)) return "write true or false";
    return std::nullopt;
  };
  if (*start == '[') {
    refuse(json, start, ViolationCode::ragged, is_string() ? "a string, as before it" : "a number, as before it", got);
  } else {
    const char* const alternative =
        *start == '{' && is_string() && takes_base64_ ? ", or an object of \"b64\" alone" : "";
    refuse(json, start, ViolationCode::dtype, std::string(name(dtype_)) + alternative, got, hint());
  }
  append_nothing();
}

void JsonTensor::refuse(const JsonCursor& json, const char* at, ViolationCode code, const std::string& expected,
                        const std::string& got, std::optional<std::string> hint) {
  good_ = false;
  if (!out_.has_room()) return out_.add_unlisted();
  out_.add({.path = place_->text() + index_text(),
            .code = code,
            .expected = expected,
            .got = got,
            .hint = std::move(hint),
            .offset = at - json.begin()});
}

void JsonTensor::require_allowed_size(const JsonCursor& json) const {
  if (bytes_ <= limits_.max_tensor_bytes) return;
  throw BadJson{ViolationCode::too_large, json.offset(),
                "tensors of at most " + std::to_string(limits_.max_tensor_bytes) + " bytes", "more"};
}

}  // namespace tensorgate::serving
