#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <vector>

#include "core/signature.h"
#include "python/batch.h"

namespace tensorgate::python {

// The verdict on each of many requests.
struct ManyVerdicts {
  // What one report keeps: enough to see what goes wrong, little enough for any number of requests.
  static constexpr std::size_t kMaxKept = 1000;

  std::vector<char> ok;
  Violations violations{kMaxKept};
};

// Checks each request, scanning elements on `threads` threads while the GIL is released.
ManyVerdicts check_many(const BatchGate& gate, const Nest& inputs, const py::tuple& requests, std::size_t threads);

}  // namespace tensorgate::python
