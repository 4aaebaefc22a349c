#include "python/many_requests.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "python/value_work.h"

namespace tensorgate::python {
namespace {

// So many scans are put off at most, so that what they hold stays bounded.
constexpr std::size_t kScansAtOnce = 4096;

// Makes the scans, and returns the requests that did not pass.
std::vector<std::size_t> scan(const ValueWork& work, std::size_t threads) {
  const auto scans = work.scans();
  if (scans.empty()) return {};
  std::vector<char> passed(scans.size());
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < scans.size(); i = next++) {
      passed[i] = scans[i].scan->passes(scans[i].memory.tensor()) ? 1 : 0;
    }
  };
  {
    const py::gil_scoped_release released;
    std::vector<std::thread> helpers;
    try {
      while (helpers.size() + 1 < std::min(threads, scans.size())) helpers.emplace_back(run);
    } catch (const std::system_error&) {
      // The system has no thread to give: those that there are do the work.
    }
    run();
    for (std::thread& helper : helpers) helper.join();
  }
  std::vector<std::size_t> refused;
  for (std::size_t i = 0; i < scans.size(); ++i) {
    if (passed[i] == 0 && (refused.empty() || refused.back() != scans[i].request)) refused.push_back(scans[i].request);
  }
  return refused;
}

}  // namespace

ManyVerdicts check_many(const BatchGate& gate, const Nest& inputs, const py::tuple& requests, std::size_t threads) {
  ManyVerdicts out;
  out.ok.assign(requests.size(), 1);
  std::size_t inspected = 0;
  const auto inspect_up_to = [&](std::size_t end) {
    for (; inspected < end; ++inspected) {
      if (out.ok[inspected] != 0) continue;
      out.violations.set_request(static_cast<std::int64_t>(inspected));
      const std::size_t before = out.violations.size();
      gate.inspect(requests[inspected], inputs, out.violations);
      // What the hot path can't tell, such as a mapping that is no dict, may be well.
      if (out.violations.size() == before) out.ok[inspected] = 1;
    }
  };
  auto work = std::make_unique<ValueWork>();
  const auto finish = [&](std::size_t end) {
    for (const std::size_t request : scan(*work, threads)) out.ok[request] = 0;
    work = std::make_unique<ValueWork>();
    inspect_up_to(end);
  };
  for (std::size_t i = 0; i < requests.size(); ++i) {
    work->set_request(i);
    if (gate.judge(PyTuple_GET_ITEM(requests.ptr(), static_cast<Py_ssize_t>(i)), work.get()) !=
        BatchGate::Verdict::accepted) {
      out.ok[i] = 0;
    }
    if (work->scans().size() >= kScansAtOnce) finish(i + 1);
  }
  finish(requests.size());
  return out;
}

}  // namespace tensorgate::python
