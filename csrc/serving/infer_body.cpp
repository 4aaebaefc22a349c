#include "serving/infer_body.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/hint.h"
#include "core/text.h"

namespace tensorgate::serving {
namespace {

enum RootMember : std::size_t { kId, kModelName, kModelVersion, kParameters, kInputs, kOutputs };
constexpr std::array<std::string_view, 6> kRootMembers{"id",         "model_name", "model_version",
                                                       "parameters", "inputs",     "outputs"};

enum InputMember : std::size_t { kName, kShape, kDatatype, kInputParameters, kData };
constexpr std::array<std::string_view, 5> kInputMembers{"name", "shape", "datatype", "parameters", "data"};

constexpr std::array<std::string_view, 2> kOutputMembers{"name", "parameters"};

constexpr std::string_view kBinarySize = "binary_data_size";

bool begins_number(char c) { return (c >= '0' && c <= '9') || c == '-'; }

std::optional<std::int64_t> as_int64(const JsonNumber& number) {
  const auto magnitude = number.whole ? number.magnitude() : std::nullopt;
  if (!magnitude || *magnitude > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return number.negative ? -static_cast<std::int64_t>(*magnitude) : static_cast<std::int64_t>(*magnitude);
}

}  // namespace

InferBody::InferBody(std::string_view body, std::size_t json_size, const Nest& contract, const JsonKernels& kernels,
                     const Limits& limits, Violations& out)
    : body_(body),
      kernels_(kernels),
      limits_(limits),
      out_(out),
      json_(body.substr(0, json_size), limits.max_depth),
      tensors_(contract, limits, out) {}

bool InferBody::read() {
  try {
    if (!read_root()) return false;
    json_.skip_space();
  } catch (const BadJson& bad) {
    add(place_, bad.code, bad.expected, bad.got, bad.offset);
    return false;
  }
  if (json_.at() != json_.end()) {
    const auto left = static_cast<std::uint64_t>(json_.end() - json_.at());
    out_.add({.path = "request",
              .code = ViolationCode::malformed,
              .expected = "the end of JSON",
              .got = counted(left, "byte") + " more",
              .hint = "the header Inference-Header-Content-Length says how many bytes are JSON",
              .offset = static_cast<std::int64_t>(json_.offset())});
    return false;
  }
  read_binary();
  return true;
}

bool InferBody::read_root() {
  if (json_.next() != '{') {
    refuse_value(place_, "an object");
    return false;
  }
  bool is_named = false;
  bool has_inputs = false;
  read_members(place_, kRootMembers, [&](std::size_t member) {
    const std::string path = at("request", kRootMembers[member]);
    if (member == kInputs) {
      is_named = true;
      has_inputs = json_.next() == '[';
      return has_inputs ? read_inputs() : refuse_value("inputs", "a list");
    }
    if (try_null()) return;
    switch (member) {
      case kId:
        request_.id = read_text(path).value_or("");
        return;
      case kModelName:
        request_.model_name = read_text(path).value_or("");
        return;
      case kModelVersion:
        request_.model_version = read_text(path).value_or("");
        return;
      case kParameters:
        return read_parameters();
      default:
        return read_outputs();
    }
  });
  if (!is_named) add("request['inputs']", ViolationCode::missing, "a list of the inputs", "", 0);
  return has_inputs;
}

void InferBody::read_inputs() {
  std::size_t position = 0;
  read_list("inputs", [&] {
    if (position >= limits_.max_inputs) {
      throw BadJson{ViolationCode::too_large, json_.offset(),
                    "at most " + std::to_string(limits_.max_inputs) + " inputs", "more"};
    }
    read_input(position++);
  });
  place_ = "request";
}

void InferBody::read_input(std::size_t position) {
  const std::string path = "inputs[" + std::to_string(position) + "]";
  const char c = json_.next();
  const std::uint64_t offset = json_.offset();
  Input& input = inputs_.emplace_back();
  InferInput& out = request_.inputs.emplace_back(InferInput{.path = path, .offset = offset});
  place_ = path;
  if (c != '{') return refuse_value(path, "an object");
  read_members(path, kInputMembers, [&](std::size_t member) { read_input_member(member, input, path); });
  if (input.name) {
    out.name = *input.name;
    place_ = out.path = tensors_.path(out.name);
  }
  if (is_whole(input, path, offset) && tensors_.is_first(out.name, out.path, offset)) {
    out.tensor = tensor_of(input, out.path, offset);
  }
  place_ = "inputs";
}

void InferBody::read_input_member(std::size_t member, Input& input, const std::string& path) {
  const std::string own = at(path, kInputMembers[member]);
  switch (member) {
    case kName:
      input.name = read_text(own);
      return;
    case kDatatype:
      input.datatype = read_text(own);
      return;
    case kShape:
      return read_shape(input, own);
    case kInputParameters:
      if (!try_null()) read_input_parameters(input, own);
      return;
    default:
      break;
  }
  if (try_null()) return;
  input.data = json_;
  const auto dtype = input.datatype ? dtype_from_infer(*input.datatype) : std::nullopt;
  if (!input.name || !dtype) return json_.skip_value();  // most often they are known
  read_values(json_, *dtype, input, tensors_.path(*input.name));
}

void InferBody::read_input_parameters(Input& input, const std::string& path) {
  if (json_.next() != '{') return refuse_value(path, "an object");
  for (bool more = json_.open('{'); more; more = json_.more('}')) {
    const std::string name(json_.name(storage_));
    const std::string own = at(path, name, limits_.max_name_characters);
    json_.skip_space();
    const std::uint64_t offset = json_.offset();
    const auto value = read_parameter(own);
    if (name != kBinarySize || !value) continue;
    const auto* const size = std::get_if<std::int64_t>(&*value);
    if (input.binary_size) {
      add(own, ViolationCode::duplicate, "", "", offset);
    } else if (size == nullptr || *size < 0) {
      add(own, ViolationCode::structure, "a whole number of bytes", "another value", offset);
    } else {
      input.binary_size = static_cast<std::uint64_t>(*size);
    }
  }
}

void InferBody::read_shape(Input& input, const std::string& path) {
  std::vector<std::int64_t> dims;
  bool good = json_.next() == '[';
  read_list(path, [&] {
    if (dims.size() == limits_.max_rank) {
      throw BadJson{ViolationCode::too_large, json_.offset(),
                    "at most " + std::to_string(limits_.max_rank) + " dimensions", "more"};
    }
    const bool is_number = begins_number(json_.next());
    JsonCursor ahead = json_;
    const auto size = is_number ? as_int64(ahead.number()) : std::nullopt;
    dims.push_back(size.value_or(0));
    if (size) {
      json_ = ahead;
    } else {
      good = false;
      refuse_value(path, "whole numbers");
    }
  });
  if (good) input.dims = std::move(dims);
}

void InferBody::read_outputs() {
  std::size_t position = 0;
  read_list("outputs", [&] {
    if (position >= limits_.max_inputs) {
      throw BadJson{ViolationCode::too_large, json_.offset(),
                    "at most " + std::to_string(limits_.max_inputs) + " outputs", "more"};
    }
    const std::string path = "outputs[" + std::to_string(position++) + "]";
    if (json_.next() != '{') return refuse_value(path, "an object");
    const std::uint64_t offset = json_.offset();
    std::optional<std::string> name;
    read_members(path, kOutputMembers, [&](std::size_t member) {
      if (kOutputMembers[member] == "name") {
        name = read_text(at(path, "name"));
      } else if (!try_null()) {
        json_.skip_value();
      }
    });
    if (name) return request_.outputs.push_back(*name);
    add(at(path, "name"), ViolationCode::missing, "the output's name", "", offset);
  });
}

void InferBody::read_parameters() {
  const std::string path = at("request", "parameters");
  if (json_.next() != '{') return refuse_value(path, "an object");
  for (bool more = json_.open('{'); more; more = json_.more('}')) {
    if (request_.parameters.size() >= limits_.max_inputs) {
      throw BadJson{ViolationCode::too_large, json_.offset(),
                    "at most " + std::to_string(limits_.max_inputs) + " parameters", "more"};
    }
    const std::string name(json_.name(storage_));
    const std::string own = at(path, name, limits_.max_name_characters);
    json_.skip_space();
    const std::uint64_t offset = json_.offset();
    const auto value = read_parameter(own);
    if (value && !request_.parameters.emplace(name, *value).second) {
      add(own, ViolationCode::duplicate, "", "", offset);
    }
  }
}

std::optional<InferParameter> InferBody::read_parameter(const std::string& path) {
  const char c = json_.next();
  if (c == '"') return InferParameter(std::string(json_.string(storage_)));
  if (c == 't' || c == 'f') {
    json_.word(c == 't' ? "true" : "false");
    return InferParameter(c == 't');
  }
  if (begins_number(c)) {
    const JsonNumber number = json_.number();
    const auto whole = as_int64(number);
    return whole ? InferParameter(*whole) : InferParameter(number.to_double());
  }
  refuse_value(path, "a string, a number or a bool");
  return std::nullopt;
}

// Calls on_member(position) for each member of an object that is known, once.
template <class OnMember>
void InferBody::read_members(const std::string& path, std::span<const std::string_view> known,
                             const OnMember& on_member) {
  std::uint32_t seen = 0;
  for (bool more = json_.open('{'); more; more = json_.more('}')) {
    json_.skip_space();
    const std::uint64_t offset = json_.offset();
    const std::string_view name = json_.name(storage_);
    const auto position = static_cast<std::size_t>(std::find(known.begin(), known.end(), name) - known.begin());
    const std::uint32_t bit = std::uint32_t{1} << position;
    if (position < known.size() && (seen & bit) == 0) {
      seen |= bit;
      on_member(position);
      continue;
    }
    if (!out_.has_room()) {
      out_.add_unlisted();
    } else {
      const bool is_known = position < known.size();
      Violation violation{.path = at(path, name, limits_.max_name_characters),
                          .code = is_known ? ViolationCode::duplicate : ViolationCode::unexpected,
                          .offset = static_cast<std::int64_t>(offset)};
      if (!is_known && names_searched_++ < limits_.max_names_searched) {
        violation.hint = name_hint(name, {known.begin(), known.end()}, limits_.max_searched_length);
      }
      out_.add(std::move(violation));
    }
    json_.skip_value();
  }
}

// Calls on_item() for each item of a list; a violation where there is none.
template <class OnItem>
void InferBody::read_list(const std::string& path, const OnItem& on_item) {
  if (json_.next() != '[') return refuse_value(path, "a list");
  for (bool more = json_.open('['); more; more = json_.more(']')) on_item();
}

std::optional<std::string> InferBody::read_text(const std::string& path) {
  if (json_.next() == '"') return std::string(json_.string(storage_));
  refuse_value(path, "a string");
  return std::nullopt;
}

bool InferBody::try_null() {
  if (json_.next() != 'n') return false;
  json_.word("null");
  return true;
}

void InferBody::refuse_value(const std::string& path, const std::string& expected) {
  json_.skip_space();
  const std::uint64_t offset = json_.offset();
  const std::string got = json_.value_text();
  json_.skip_value();
  add(path, ViolationCode::structure, expected, got, offset);
}

void InferBody::add(const std::string& path, ViolationCode code, const std::string& expected, const std::string& got,
                    std::uint64_t offset) {
  const auto given = [](const std::string& said) { return said.empty() ? std::nullopt : std::optional(said); };
  out_.add({.path = path,
            .code = code,
            .expected = given(expected),
            .got = given(got),
            .offset = static_cast<std::int64_t>(offset)});
}

}  // namespace tensorgate::serving
