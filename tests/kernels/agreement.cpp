// Holds every kernel of this machine against the scalar ones: random lanes that end where memory ends, then random
// tensors of every dtype, layout and rule. Arguments: the first seed (0) and how many (3000).
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "core/value_scan.h"

namespace tensorgate {
namespace {

using Random = std::mt19937_64;

std::int64_t below(Random& random, std::int64_t end) {
  return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random);
}

bool chance(Random& random, int in) { return below(random, in) == 0; }

// Memory between two pages that must not be touched.
class GuardedMemory {
 public:
  static constexpr std::size_t kBytes = 1 << 16;

  GuardedMemory() : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
    const std::size_t all = kBytes + 2 * page_;
    void* const memory = mmap(nullptr, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    begin_ = static_cast<std::byte*>(memory) + page_;
    if (mprotect(begin_, kBytes, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;
  ~GuardedMemory() { munmap(begin_ - page_, kBytes + 2 * page_); }

  std::byte* begin() { return begin_; }
  std::byte* last(std::size_t bytes) { return begin_ + kBytes - bytes; }

 private:
  std::size_t page_;
  std::byte* begin_;
};

void fill(Random& random, std::byte* to, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; ++at) to[at] = static_cast<std::byte>(random());
}

// Lanes that repeat a few, with another one here and there.
void fill_lanes(Random& random, std::byte* to, std::size_t count, std::size_t lane) {
  std::vector<std::byte> few(lane * 8);
  fill(random, few.data(), few.size());
  const std::int64_t kinds = 1 + below(random, 8);
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to + i * lane, &few[lane * static_cast<std::size_t>(below(random, kinds))], lane);
  }
  if (count > 0 && chance(random, 3)) {
    fill(random, to + lane * static_cast<std::size_t>(below(random, static_cast<std::int64_t>(count))), lane);
  }
}

std::uint64_t any_code(Random& random, const std::byte* data, std::size_t count, std::size_t lane) {
  if (count == 0 || chance(random, 4)) return random();
  return load_code(data + lane * static_cast<std::size_t>(below(random, static_cast<std::int64_t>(count))), lane);
}

bool lanes_agree(const ValueKernels& kernels, std::uint64_t seed, GuardedMemory (&memory)[4]) {
  Random random(seed);
  const auto width = static_cast<std::size_t>(below(random, ValueKernels::kWidths));
  const std::size_t lane = std::size_t{1} << width;
  const auto most = static_cast<std::int64_t>(GuardedMemory::kBytes / lane);
  const auto count =
      static_cast<std::size_t>(below(random, chance(random, 3) ? most : std::min<std::int64_t>(most, 300)));
  std::byte* arrays[4];
  for (std::size_t i = 0; i < 4; ++i) {
    arrays[i] = chance(random, 4) ? memory[i].begin() : memory[i].last(count * lane);
    fill_lanes(random, arrays[i], count, lane);
  }
  const std::byte* const data = arrays[0];
  // Arcs that some lanes lie in exactly: from one of them, to another one's distance.
  const std::uint64_t offset = chance(random, 2) ? 0 : any_code(random, data, count, lane);
  const std::uint64_t top = any_code(random, data, count, lane) - offset;
  const auto signed_top = static_cast<std::int64_t>(chance(random, 2) ? ~std::uint64_t{0} >> (65 - 8 * lane)
                                                                      : any_code(random, data, count, lane) - offset);
  const Arc arc{offset, top, signed_top};
  const Arcs arcs{arrays[1], arrays[2], arrays[3]};
  if (chance(random, 2)) {
    std::memset(arrays[2], 0xFF, count * lane);
    for (std::size_t i = 0; i < count; ++i) std::memcpy(arrays[3] + i * lane, &signed_top, lane);
  }
  std::uint64_t codes[9];
  for (std::uint64_t& code : codes) code = any_code(random, data, count, lane);
  const auto code_count = static_cast<std::size_t>(1 + below(random, 9));
  return kernels.within[width](data, count, arc) == kScalarKernels.within[width](data, count, arc) &&
         kernels.within_each[width](data, count, arcs) == kScalarKernels.within_each[width](data, count, arcs) &&
         kernels.among[width](data, count, codes, code_count) ==
             kScalarKernels.among[width](data, count, codes, code_count);
}

std::string some_numbers(Random& random, DType dtype, std::int64_t count, const std::byte* data, std::size_t bytes) {
  const NumberFormat format(dtype);
  const std::size_t item = item_size(dtype);
  std::string out;
  while (out.size() < static_cast<std::size_t>(count) * item) {
    std::vector<std::byte> number(item);
    fill(random, number.data(), item);
    const auto from = static_cast<std::int64_t>(bytes / item);
    if (from > 0 && !chance(random, 4)) {
      std::memcpy(number.data(), data + item * static_cast<std::size_t>(below(random, from)), item);
    }
    const bool nan = item <= 8 && format.bytes() == item && format.is_nan(load_code(number.data(), item));
    if (!nan) out.append(reinterpret_cast<const char*>(number.data()), item);
  }
  return out;
}

bool scans_agree(const ValueKernels& kernels, std::uint64_t seed, GuardedMemory& memory) {
  Random random(seed);
  DType dtype;
  do {
    dtype = static_cast<DType>(1 + below(random, 33));
  } while (item_size(dtype) == 0);
  const auto item = static_cast<std::int64_t>(item_size(dtype));

  std::vector<std::int64_t> dims;
  std::int64_t room = static_cast<std::int64_t>(GuardedMemory::kBytes) / item - 1;  // for what must still fit
  for (std::int64_t rank = below(random, 6); rank > 0; --rank) {
    const std::int64_t dim = chance(random, 4) ? below(random, 900) : below(random, 7);
    if (room < std::max<std::int64_t>(dim, 1)) break;
    room /= std::max<std::int64_t>(dim, 1);
    dims.push_back(dim);
  }
  if (chance(random, 20)) dims.insert(dims.begin(), static_cast<std::size_t>(below(random, 249)), 1);
  // Axes laid out in any order, some of them backwards, with gaps, or again and again the same elements.
  std::vector<std::int64_t> strides(dims.size());
  std::vector<std::size_t> order(dims.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = order.size() - 1 - i;
  if (chance(random, 2)) std::shuffle(order.begin(), order.end(), random);
  std::int64_t reach = item;
  std::int64_t backwards = 0;
  for (const std::size_t axis : order) {
    const std::int64_t gap = room >= 2 && chance(random, 3) ? 2 : 1;
    room /= gap;
    strides[axis] = chance(random, 9) ? 0 : gap * reach;
    if (strides[axis] != 0 && dims[axis] > 0) reach = strides[axis] * dims[axis];
    if (chance(random, 4) && dims[axis] > 0) {
      backwards += strides[axis] * (dims[axis] - 1);
      strides[axis] = -strides[axis];
    }
  }
  const auto bytes = static_cast<std::size_t>(reach);
  std::byte* const data = memory.last(bytes + (chance(random, 3) ? 1 : 0));
  fill_lanes(random, data, bytes / static_cast<std::size_t>(item), static_cast<std::size_t>(item));
  const StridedTensor tensor{dtype, data + backwards, dims, strides.data()};

  ValueRules rules{.finite = chance(random, 2)};
  for (auto* bound : {&rules.minimum, &rules.maximum}) {
    if (kind(dtype) == DTypeKind::complex || kind(dtype) == DTypeKind::boolean || chance(random, 3)) continue;
    *bound = TensorValue{.dtype = dtype};
    std::int64_t size = 1;
    for (const std::int64_t dim : dims) {
      (*bound)->dims.push_back(chance(random, 2) ? 1 : dim);
      size *= (*bound)->dims.back();
    }
    (*bound)->bytes = some_numbers(random, dtype, size, data, bytes);
  }
  if (chance(random, 3)) {
    const std::int64_t choices = below(random, 30);
    rules.one_of = TensorValue{dtype, {choices}, some_numbers(random, dtype, choices, data, bytes), {}};
  }
  const ValueScan want(dtype, rules, kScalarKernels);
  const ValueScan got(dtype, rules, kernels);
  const auto rows = static_cast<std::size_t>(dims.empty() ? 0 : dims[0]);
  std::vector<char> want_rows(rows), got_rows(rows);
  if (!dims.empty()) {
    want.mark_rows(tensor, reinterpret_cast<bool*>(want_rows.data()));
    got.mark_rows(tensor, reinterpret_cast<bool*>(got_rows.data()));
  }
  const std::vector<ValueFinding> findings = want.findings(tensor);
  return want.passes(tensor) == findings.empty() && got.passes(tensor) == findings.empty() &&
         got.findings(tensor) == findings && got_rows == want_rows;
}

int run(std::uint64_t seed, std::uint64_t seeds) {
  GuardedMemory memory[4];
  for (const ValueKernels* const* kernels = usable_kernels(); *kernels != nullptr; ++kernels) {
    for (std::uint64_t i = seed; i < seed + seeds; ++i) {
      const bool lanes = lanes_agree(**kernels, i, memory);
      if (lanes && scans_agree(**kernels, i, memory[0])) continue;
      std::printf("seed %llu: the %s of %s differ\n", static_cast<unsigned long long>(i), lanes ? "scans" : "lanes",
                  (*kernels)->name);
      return 1;
    }
    std::printf("%s agrees on %llu seeds\n", (*kernels)->name, static_cast<unsigned long long>(seeds));
  }
  return 0;
}

}  // namespace
}  // namespace tensorgate

int main(int count, char** arguments) {
  return tensorgate::run(count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 0,
                         count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 3000);
}
