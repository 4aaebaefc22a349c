#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "python/value_work.h"

namespace tensorgate::python {

// Makes the scans that a ValueWork holds: by threads of its own from when there is enough to do, while requests are
// still judged, and by the thread that finishes. None of them touches Python.
class ScanThreads {
 public:
  ScanThreads(const ValueWork& work, std::size_t threads);
  ScanThreads(const ScanThreads&) = delete;
  ScanThreads& operator=(const ScanThreads&) = delete;
  ~ScanThreads();

  // To be called as scans are added, with or without the GIL.
  void look();
  // Makes what is left, without the GIL, and returns the requests that did not pass.
  std::vector<std::size_t> finish();

 private:
  // The next scan to make, once there is one; nothing after the last.
  std::optional<std::size_t> take();
  void run();
  void start_helpers();
  void publish(bool is_last);
  void join();

  const ValueWork& work_;
  std::size_t most_helpers_;
  std::size_t published_bytes_ = 0;
  std::vector<char> passed_;
  std::vector<std::thread> helpers_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> ready_ = 0;  // as many scans may be made
  bool is_last_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace tensorgate::python
