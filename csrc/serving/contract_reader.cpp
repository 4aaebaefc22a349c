#include "serving/contract_reader.h"

#include "core/errors.h"
#include "core/text.h"

namespace tensorgate::serving {
namespace {

// Far above any real signature, far below what hurts: bounds the memory that a file can ask for.
constexpr std::uint64_t kMaxContractBytes = 32 << 20;
// What a message or a string costs in memory, however short it is on the wire.
constexpr std::uint64_t kMessageCost = 64;

}  // namespace

void ContractSource::enter() { charge(kMessageCost); }

void ContractSource::charge(std::uint64_t bytes) {
  if (bytes > kMaxContractBytes - contract_bytes_) {
    fail_at(position(), "the signatures take more than " + std::to_string(kMaxContractBytes >> 20) + " MiB");
  }
  contract_bytes_ += bytes;
}

void ContractSource::fail_at(std::uint64_t position, const std::string& what) const {
  throw InvalidInput(path_text(file_.path()) + ": byte " + std::to_string(position) + ": " + what);
}

std::string ContractReader::bytes() {
  const std::uint64_t size = length();
  charge(kMessageCost + size);
  std::string out;
  source().read(size, out);
  return out;
}

std::string ContractReader::utf8(std::string_view what) {
  const std::uint64_t start = position();
  std::string out = bytes();
  if (!is_utf8(out)) fail_at(start, std::string(what) + " " + quoted(out) + " is not UTF-8");
  return out;
}

}  // namespace tensorgate::serving
