#pragma once

#include <string>
#include <utility>

#include "core/tensor_spec.h"
#include "core/violation.h"

namespace tensorgate::serving {

// A tensor without a default that a request lacks.
inline Violation absent_input(std::string path, const TensorSpec& spec) {
  Violation out{.path = std::move(path), .code = ViolationCode::missing, .expected = text(spec)};
  if (spec.optional) {
    out.hint = "it may be absent in Python, not on the wire: the model has no default for it";
  }
  return out;
}

}  // namespace tensorgate::serving
