#include "python/scan_threads.h"

#include <algorithm>
#include <system_error>

namespace tensorgate::python {
namespace {

// A thread takes longer to start than it saves for less.
constexpr std::size_t kBytesOfHelper = std::size_t{1} << 22;
// So much is shown to the helpers at once.
constexpr std::size_t kPortion = std::size_t{1} << 18;

}  // namespace

ScanThreads::ScanThreads(const ValueWork& work, std::size_t threads) : work_(work), most_helpers_(threads - 1) {}

ScanThreads::~ScanThreads() {
  if (helpers_.empty()) return;
  // Left in the middle: nobody asks for the rest.
  next_ = ValueWork::kMost;
  publish(true);
  join();
}

void ScanThreads::look() {
  if (most_helpers_ == 0 || work_.bytes() < published_bytes_ + kPortion) return;
  publish(false);
  start_helpers();
}

void ScanThreads::start_helpers() {
  while (helpers_.size() < std::min(most_helpers_, work_.bytes() / kBytesOfHelper)) {
    try {
      helpers_.emplace_back([this] { run(); });
    } catch (const std::system_error&) {
      // The system has no thread to give: those that there are do the work.
      most_helpers_ = helpers_.size();
    }
  }
}

std::vector<std::size_t> ScanThreads::finish() {
  if (work_.scans().empty()) return {};
  publish(true);
  start_helpers();
  {
    const py::gil_scoped_release released;
    run();
    join();
  }
  std::vector<std::size_t> refused;
  for (std::size_t i = 0; i < work_.scans().size(); ++i) {
    const std::size_t request = work_.scans()[i].request;
    if (passed_[i] == 0 && (refused.empty() || refused.back() != request)) refused.push_back(request);
  }
  return refused;
}

std::optional<std::size_t> ScanThreads::take() {
  for (;;) {
    // Taken only once it is ready: a helper that sleeps keeps nothing from the others.
    for (std::size_t i = next_; i < ready_;) {
      if (next_.compare_exchange_weak(i, i + 1)) return i;
    }
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return next_ < ready_ || is_last_; });
    if (next_ >= ready_) return std::nullopt;
  }
}

void ScanThreads::run() {
  while (const auto i = take()) {
    const ValueWork::Scan& scan = work_.scan(*i);
    passed_[*i] = scan.scan->passes(scan.memory.tensor()) ? 1 : 0;
  }
}

void ScanThreads::publish(bool is_last) {
  published_bytes_ = work_.bytes();
  if (passed_.empty()) passed_.resize(ValueWork::kMost);
  {
    const std::lock_guard lock(mutex_);
    ready_ = work_.scans().size();
    is_last_ = is_last;
  }
  changed_.notify_all();
}

void ScanThreads::join() {
  for (std::thread& helper : helpers_) helper.join();
  helpers_.clear();
}

}  // namespace tensorgate::python
