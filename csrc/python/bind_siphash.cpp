#include <pybind11/stl.h>

#include <string>
#include <string_view>
#include <utility>

#include "core/siphash.h"
#include "python/bindings.h"

namespace tensorgate::python {
namespace {

std::uint64_t word_of(const std::string& bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

py::bytes bytes_of(std::uint64_t word) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(word >> (8 * i));
  return out;
}

template <class Hash>
py::bytes digest(const SipKey& key, int size, const py::args& pieces) {
  Hash hash(key, size == 8 ? SipWidth::bits64 : SipWidth::bits128);
  for (const py::handle piece : pieces) hash.add(piece.cast<std::string_view>());
  if (size == 8) return bytes_of(hash.finish64());
  const auto [first, second] = hash.finish128();
  return bytes_of(first) + bytes_of(second);
}

py::bytes siphash(const py::args& pieces, const std::string& key, int size, std::pair<int, int> rounds) {
  if (key.size() != 16) throw py::value_error("a key has 16 bytes");
  if (size != 8 && size != 16) throw py::value_error("a hash has 8 or 16 bytes");
  const SipKey words{word_of(key.substr(0, 8)), word_of(key.substr(8))};
  if (rounds == std::pair(2, 4)) return digest<SipHash<2, 4>>(words, size, pieces);
  if (rounds == std::pair(1, 3)) return digest<SipHash<1, 3>>(words, size, pieces);
  throw py::value_error("the rounds are (2, 4) or (1, 3)");
}

}  // namespace

void bind_siphash(py::module_& m) {
  m.def("_siphash", &siphash, py::kw_only(), py::arg("key"), py::arg("size"), py::arg("rounds") = std::pair(2, 4),
        "Return SipHash of the pieces of bytes, one after the other.");
}

}  // namespace tensorgate::python
