#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>

namespace tensorgate::python {

// What `work` returns, which touches nothing of Python's. Where it has so many bytes to look at that it takes longer
// than another thread waits for the GIL, others may run Python meanwhile.
template <class Work>
auto without_gil(std::uint64_t bytes, Work work) {
  constexpr std::uint64_t kLong = std::uint64_t{1} << 20;
  if (bytes < kLong) return work();
  const pybind11::gil_scoped_release released;
  return work();
}

}  // namespace tensorgate::python
