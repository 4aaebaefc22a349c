#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "python/tensor_memory.h"

namespace tensorgate::python {

// Scans of tensors' elements, put off until the GIL is released. Holds what they read.
class ValueWork {
 public:
  struct Scan {
    const ValueScan* scan;
    TensorMemory memory;
    std::size_t request;
  };

  // The scans that follow are of this request.
  void set_request(std::size_t request) { request_ = request; }
  void add(const ValueScan& scan, TensorMemory memory) { scans_.push_back({&scan, std::move(memory), request_}); }
  std::span<const Scan> scans() const { return scans_; }

 private:
  std::vector<Scan> scans_;
  std::size_t request_ = 0;
};

}  // namespace tensorgate::python
