#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/signature.h"
#include "serving/span_reader.h"

namespace tensorgate::serving {

// A ModelSpec, where it stands on the wire. Read twice into the same object, the parts merge, as protobuf's do.
struct ModelSpec {
  bool is_there = false;
  std::string_view name;
  std::string_view signature_name;  // empty: the default one
  std::optional<std::int64_t> version;
  std::optional<std::string_view> version_label;

  std::string_view signature() const { return signature_name.empty() ? kDefaultSignature : signature_name; }
};

void read_model_spec(SpanReader& wire, ModelSpec& out);

}  // namespace tensorgate::serving
