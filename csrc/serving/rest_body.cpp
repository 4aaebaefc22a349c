#include "serving/rest_body.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/hint.h"
#include "core/signature.h"
#include "core/text.h"
#include "serving/absent_input.h"

namespace tensorgate::serving {

RestBody::RestBody(std::string_view text, const Nest& tensors, const std::string& signature_name,
                   const RestWords& words, const JsonKernels& kernels, const Limits& limits, Violations& out)
    : signature_name_(signature_name),
      words_(words),
      limits_(limits),
      out_(out),
      json_(text, limits.max_depth),
      size_(text.size()),
      place_{words.kind} {
  slots_.reserve(tensors.children.size());
  for (const auto& [name, child] : tensors.children) {
    positions_.emplace(name, slots_.size());
    order_.push_back(slots_.size());
    slots_.push_back(
        {.name = name, .spec = &child.tensor, .values = JsonTensor(child.tensor.dtype, kernels, limits, bytes_, out)});
  }
}

bool RestBody::read() {
  if (size_ > limits_.max_request_bytes) {
    add(std::string(words_.kind), ViolationCode::too_large,
        "at most " + std::to_string(limits_.max_request_bytes) + " bytes", std::to_string(size_), nullptr);
    return false;
  }
  try {
    read_root();
    json_.skip_space();
    if (json_.at() != json_.end()) json_.fail("the end");
  } catch (const BadJson& bad) {
    const std::string path = place_.text() + (reading_ == nullptr ? "" : reading_->index_text());
    add(path, bad.code, bad.expected, bad.got, json_.begin() + bad.offset);
    return false;
  }
  return true;
}

std::optional<DecodedTensor> RestBody::take(std::size_t tensor) {
  Slot& slot = slots_[tensor];
  if (!slot.seen || slot.faulty || !slot.values.good()) return std::nullopt;
  return slot.values.take(slot.start != nullptr ? std::nullopt : std::optional(row_count_));
}

RestBody::Found RestBody::find(std::size_t tensor, const std::vector<std::int64_t>& index) const {
  const Slot& slot = slots_[tensor];
  const bool by_row = slot.start == nullptr;
  const std::string_view root = form_ == Form::rows ? words_.rows : words_.columns;
  JsonPlace place{root};
  if (!is_lone_) place.name = slot.name;
  std::size_t level = 0;
  JsonCursor json = json_;
  if (by_row) {
    // A whole tensor stands nowhere in such a body: it has the name that it has in the signature.
    if (index.empty()) place.root = words_.columns;
    if (slot.row < 0) return {place.text(), std::nullopt};
    if (!index.empty()) place.row = index[level++];
    json.move_to(rows_[place.row ? static_cast<std::size_t>(*place.row) : 0]);
    std::string storage;
    json.open('{');
    while (json.name(storage) != slot.name) {
      json.skip_value();
      json.more('}');
    }
  } else {
    json.move_to(slot.start);
  }
  std::string path = place.text();
  for (; level < index.size(); ++level) {
    json.open('[');
    for (std::int64_t i = 0; i < index[level]; ++i) {
      json.skip_value();
      json.more(']');
    }
    path += "[" + std::to_string(index[level]) + "]";
  }
  json.skip_space();
  return {path, static_cast<std::int64_t>(json.offset())};
}

void RestBody::read_root() {
  if (json_.next() != '{') return refuse_value(std::string(words_.kind), "an object");
  std::vector<std::string_view> seen;
  for (bool more = json_.open('{'); more; more = json_.more('}')) {
    json_.skip_space();
    const char* const start = json_.at();
    const std::string_view name = json_.name(storage_);
    const std::array known{words_.rows, words_.columns, words_.signature, words_.error};
    const auto* const member = std::find(known.begin(), known.end(), name);
    if (name.empty() || member == known.end()) {
      add_unexpected(name, start);
      json_.skip_value();
    } else if (std::find(seen.begin(), seen.end(), *member) != seen.end()) {
      add(at(words_.kind, *member), ViolationCode::duplicate, "", "", start);
      json_.skip_value();
    } else {
      seen.push_back(*member);
      read_member(*member);
      place_ = {words_.kind};
    }
  }
  if (!words_.signature.empty() && std::find(seen.begin(), seen.end(), words_.signature) == seen.end() &&
      signature_name_ != kDefaultSignature) {
    add(std::string(words_.signature), ViolationCode::unknown_signature, shown(signature_name_),
        "none, which is " + shown(kDefaultSignature), nullptr);
  }
  if (form_ == Form::none && !error_) {
    add(std::string(words_.kind), ViolationCode::structure, shown(words_.rows) + " or " + shown(words_.columns),
        "neither", nullptr);
  }
}

void RestBody::read_member(std::string_view name) {
  if (name == words_.signature) return read_signature_name();
  if (name == words_.error) {
    if (json_.next() != '"') return refuse_value(at(words_.kind, name), "a string");
    error_ = json_.string(storage_);
    return;
  }
  if (form_ != Form::none) {
    add(std::string(words_.kind), ViolationCode::structure,
        "either " + shown(words_.rows) + " or " + shown(words_.columns), "both", json_.at());
    return json_.skip_value();
  }
  form_ = name == words_.rows ? Form::rows : Form::columns;
  place_ = {name};
  json_.skip_space();
  return form_ == Form::rows ? read_rows() : read_columns();
}

void RestBody::read_signature_name() {
  const std::string path(words_.signature);
  if (json_.next() != '"') return refuse_value(path, "a string");
  const char* const start = json_.at();
  const std::string_view name = json_.string(storage_);
  if ((name.empty() ? kDefaultSignature : name) != signature_name_) {
    add(path, ViolationCode::unknown_signature, shown(signature_name_), shown(name), start);
  }
}

void RestBody::read_rows() {
  const std::string root(words_.rows);
  if (json_.peek() != '[') return refuse_value(root, "a list");
  JsonCursor ahead = json_;
  if (!ahead.open('[')) {
    add(root, ViolationCode::structure, "a list of at least one element", "an empty list", json_.at());
    json_ = ahead;
  } else if (is_lone_value(ahead)) {
    read_lone(words_.rows);
  } else {
    json_ = ahead;
    do {
      read_row();
    } while (json_.more(']'));
  }
}

// The tensors of an object, each after begin(slot), but for one that is_repeated(slot).
template <class IsRepeated, class Begin>
void RestBody::read_object(const IsRepeated& is_repeated, const Begin& begin) {
  std::size_t names = 0;
  for (bool more = json_.open('{'); more; more = json_.more('}')) {
    json_.skip_space();
    const char* const start = json_.at();
    const std::string_view name = json_.name(storage_);
    Slot* const slot = find_slot(name, names++);
    if (slot == nullptr) {
      add_unexpected(name, start);
      json_.skip_value();
    } else if (is_repeated(*slot)) {
      add_duplicate(*slot, start);
      json_.skip_value();
    } else {
      begin(*slot);
      place_.name = slot->name;
      read_value(*slot);
      place_.name.reset();
    }
  }
}

void RestBody::read_row() {
  const std::int64_t row = row_count_++;
  json_.skip_space();
  const char* const start = json_.at();
  if (out_.has_room()) rows_.push_back(start);
  place_ = {words_.rows, row};
  if (json_.peek() != '{') {
    for (Slot& slot : slots_) slot.faulty = true;
    if (is_only_counted()) return json_.skip_value();
    return refuse_value(place_.text(), "an object with a value for each name");
  }
  std::size_t found = 0;
  read_object([row](const Slot& slot) { return slot.row == row; },
              [&](Slot& slot) {
                // A default stands for a whole tensor: rows before this one lack what they need.
                if (!slot.seen && has_default(slot) && row > 0) {
                  add_missing(slot, {words_.rows, 0}, rows_.empty() ? nullptr : rows_.front());
                }
                slot.row = row;
                ++found;
              });
  if (found == slots_.size()) return;
  for (Slot& slot : slots_) {
    if (slot.row != row && (slot.seen || !has_default(slot))) add_missing(slot, place_, start);
  }
}

void RestBody::read_columns() {
  if (is_lone_value(json_)) return read_lone(words_.columns);
  if (json_.peek() != '{') return refuse_value(std::string(words_.columns), "an object with a value for each name");
  const char* const start = json_.at();
  read_object([](const Slot& slot) { return slot.seen; },
              [this](Slot& slot) {
                json_.skip_space();
                slot.start = json_.at();
              });
  for (Slot& slot : slots_) {
    if (!slot.seen && !has_default(slot)) add_missing(slot, place_, start);
  }
}

void RestBody::read_lone(std::string_view root) {
  is_lone_ = true;
  place_ = {root};
  slots_.front().start = json_.at();
  read_value(slots_.front());
}

bool RestBody::is_lone_value(JsonCursor ahead) {
  if (slots_.size() != 1) return false;
  if (ahead.next() != '{') return true;
  // TensorFlow Serving takes an object of "b64" alone for a string, whatever the tensor is called.
  if (slots_.front().spec->dtype != DType::string || !ahead.open('{')) return false;
  if (ahead.name(storage_) != "b64" || ahead.next() != '"') return false;
  ahead.string(storage_);
  return !ahead.more('}');
}

void RestBody::read_value(Slot& slot) {
  slot.seen = true;
  reading_ = &slot.values;
  slot.values.read(json_, place_);
  reading_ = nullptr;
}

// Rows most often have their names in one order.
RestBody::Slot* RestBody::find_slot(std::string_view name, std::size_t position) {
  if (position < order_.size() && slots_[order_[position]].name == name) return &slots_[order_[position]];
  const auto found = positions_.find(name);
  if (found == positions_.end()) return nullptr;
  if (position < order_.size()) order_[position] = found->second;
  return &slots_[found->second];
}

std::string RestBody::shown(std::string_view name) const { return quoted(name, out_.names().max_characters); }

bool RestBody::is_only_counted() {
  if (out_.has_room()) return false;
  out_.add_unlisted();
  return true;
}

void RestBody::add_missing(Slot& slot, const JsonPlace& parent, const char* start) {
  slot.faulty = true;
  if (is_only_counted()) return;
  Violation violation = absent_input(at(parent.text(), slot.name), *slot.spec);
  violation.offset = start - json_.begin();
  if (has_default(slot)) violation.hint = "a default stands for a whole tensor, not for rows";
  out_.add(std::move(violation));
}

void RestBody::add_unexpected(std::string_view name, const char* start) {
  if (is_only_counted()) return;
  Violation violation{.path = at(place_.text(), name, out_.names().max_characters),
                      .code = ViolationCode::unexpected,
                      .offset = start - json_.begin()};
  if (names_searched_++ < out_.names().max_searched) {
    violation.hint = name_hint(name, absent_names(), out_.names().max_searched_length);
  }
  out_.add(std::move(violation));
}

void RestBody::add_duplicate(Slot& slot, const char* start) {
  slot.faulty = true;
  if (is_only_counted()) return;
  add(at(place_.text(), slot.name), ViolationCode::duplicate, "", "", start);
}

std::vector<std::string_view> RestBody::absent_names() const {
  if (place_.root == words_.kind) return {words_.rows, words_.columns};
  std::vector<std::string_view> out;
  for (const Slot& slot : slots_) {
    if (form_ == Form::rows ? slot.row != place_.row : !slot.seen) out.push_back(slot.name);
  }
  return out;
}

void RestBody::add(const std::string& path, ViolationCode code, const std::string& expected, const std::string& got,
                   const char* start) {
  const auto given = [](const std::string& said) { return said.empty() ? std::nullopt : std::optional(said); };
  out_.add({.path = path,
            .code = code,
            .expected = given(expected),
            .got = given(got),
            .offset = start == nullptr ? std::nullopt : std::optional<std::int64_t>(start - json_.begin())});
}

void RestBody::refuse_value(const std::string& path, const std::string& expected) {
  const char* const start = json_.at();
  const std::string got = json_.value_text();
  json_.skip_value();
  add(path, ViolationCode::structure, expected, got, start);
}

std::string requested_signature(std::string_view text, const Limits& limits) {
  std::string out(kDefaultSignature);
  // Most bodies name none: looking for the word takes a fraction of walking over the values.
  if (text.find(kRestRequest.signature) == text.npos && text.find("\\u") == text.npos) return out;
  JsonCursor json(text, limits.max_depth);
  std::string storage;
  try {
    if (json.next() != '{') return out;
    for (bool more = json.open('{'); more; more = json.more('}')) {
      if (json.name(storage) != kRestRequest.signature) {
        json.skip_value();
        continue;
      }
      if (json.next() != '"') return out;
      const std::string_view name = json.string(storage);
      return name.empty() ? out : std::string(name);
    }
  } catch (const BadJson&) {
    return out;
  }
  return out;
}

}  // namespace tensorgate::serving
