#include "python/many_requests.h"

#include <optional>
#include <utility>

#include "python/scan_threads.h"

namespace tensorgate::python {
namespace {

// The scans that some requests put off, and who makes them.
struct PutOff {
  explicit PutOff(std::size_t thread_count) : threads(work, thread_count) {}

  ValueWork work;
  ScanThreads threads;
};

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
  std::optional<PutOff> put_off(std::in_place, threads);
  const auto finish = [&](std::size_t end) {
    for (const std::size_t request : put_off->threads.finish()) out.ok[request] = 0;
    inspect_up_to(end);
  };
  for (std::size_t i = 0; i < requests.size(); ++i) {
    put_off->work.set_request(i);
    PyObject* request = PyTuple_GET_ITEM(requests.ptr(), static_cast<Py_ssize_t>(i));
    if (gate.judge(request, &put_off->work) != BatchGate::Verdict::accepted) out.ok[i] = 0;
    put_off->threads.look();
    if (!put_off->work.has_room()) {
      finish(i + 1);
      put_off.emplace(threads);
    }
  }
  finish(requests.size());
  return out;
}

}  // namespace tensorgate::python
