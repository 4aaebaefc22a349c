#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/plan.h"
#include "python/tensor_memory.h"

namespace tensorgate::python {

// Scans of tensors' elements, put off until the GIL is released. Holds what they read.
class ValueWork {
 public:
  // So many scans are put off at most, so that what they hold stays bounded.
  static constexpr std::size_t kMost = 4096;

  struct Scan {
    const ValueScan* scan;
    TensorMemory memory;
    std::size_t request;
  };

  // The scans that follow are of this request.
  void set_request(std::size_t request) { request_ = request; }
  bool has_room() const { return scans_.size() < kMost; }
  void add(const ValueScan& scan, TensorMemory memory) {
    // Other threads may read scans while more are added: they never move.
    if (scans_.empty()) scans_.reserve(kMost);
    bytes_ += memory.bytes();
    scans_.push_back({&scan, std::move(memory), request_});
  }
  const std::vector<Scan>& scans() const { return scans_; }
  // For other threads: nothing is read that adding one changes.
  const Scan& scan(std::size_t i) const { return scans_.data()[i]; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<Scan> scans_;
  std::size_t bytes_ = 0;
  std::size_t request_ = 0;
};

}  // namespace tensorgate::python
