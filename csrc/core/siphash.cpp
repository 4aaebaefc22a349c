#include "core/siphash.h"

namespace tensorgate {
namespace {

// Of any machine: compilers make it one load where that is the same.
std::uint64_t load_word(const char* bytes) {
  std::uint64_t word = 0;
  for (int i = 0; i < 8; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

}  // namespace

template <int kCompress, int kFinish>
void SipHash<kCompress, kFinish>::add(std::string_view bytes) {
  const char* next = bytes.data();
  const char* const end = next + bytes.size();
  const auto one = [&] {
    rest_ |= std::uint64_t{static_cast<unsigned char>(*next++)} << (8 * (length_++ % 8));
    if (length_ % 8 != 0) return;
    state_.add(rest_);
    rest_ = 0;
  };
  while (next < end && length_ % 8 != 0) one();
  for (; end - next >= 8; next += 8, length_ += 8) state_.add(load_word(next));
  while (next < end) one();
}

template <int kCompress, int kFinish>
std::uint64_t SipHash<kCompress, kFinish>::finish64() {
  add_last();
  return state_.finish64();
}

template <int kCompress, int kFinish>
std::array<std::uint64_t, 2> SipHash<kCompress, kFinish>::finish128() {
  add_last();
  return state_.finish128();
}

template <int kCompress, int kFinish>
void SipHash<kCompress, kFinish>::add_last() {
  state_.add(rest_ | length_ << 56);
}

template class SipHash<1, 3>;
template class SipHash<2, 4>;

}  // namespace tensorgate
