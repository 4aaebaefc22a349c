#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/nearest.h"
#include "core/tensor_spec.h"
#include "core/tensor_view.h"

namespace tensorgate {

// What most likely went wrong and what to do about it, for the accidents that users have most often.

// For a tensor of the wrong dtype.
std::optional<std::string> dtype_hint(DType want, DType got);

// For a tensor of the wrong rank or with wrong dimensions.
std::optional<std::string> shape_hint(const TensorSpec& want, const TensorView& got);

// For a name that the signature does not have, given the names that it has.
std::optional<std::string> name_hint(std::string_view name, const std::vector<std::string_view>& known,
                                     std::size_t max_searched_length = kMaxSearchedLength);

}  // namespace tensorgate
