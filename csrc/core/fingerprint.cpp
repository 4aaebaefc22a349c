#include "core/fingerprint.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "core/siphash.h"

namespace tensorgate {
namespace {

constexpr std::uint8_t kVersion = 1;
// The 16 bytes of "tensorgate/sig/1": published, so that everyone finds the same.
constexpr SipKey kKey{0x61'67'72'6F'73'6E'65'74, 0x31'2F'67'69'73'2F'65'74};

// Writes the encoding straight into the hash. Every part either has a fixed width or says its length first, so that
// different signatures differ in their bytes.
class Encoder {
 public:
  void add(const Signature& signature) {
    add(kVersion);
    add(signature.name);
    add(signature.method_name);
    add(signature.batch_dim);
    add(signature.inputs);
    add(signature.outputs);
  }

  std::string digits() {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const std::uint64_t word : hash_.finish128()) {
      for (int byte = 0; byte < 8; ++byte) {
        out += kDigits[word >> (8 * byte + 4) & 15];
        out += kDigits[word >> (8 * byte) & 15];
      }
    }
    return out;
  }

 private:
  void add(std::uint8_t byte) { add_integer(byte, 1); }
  void add(bool flag) { add_integer(flag ? 1 : 0, 1); }
  void add(DType dtype) { add(static_cast<std::uint8_t>(dtype)); }
  void add(std::int64_t number) { add_integer(static_cast<std::uint64_t>(number), 8); }
  void add_count(std::size_t count) { add_integer(count, 8); }

  void add(const std::string& bytes) {
    add_count(bytes.size());
    hash_.add(bytes);
  }

  template <class Part>
  void add(const std::optional<Part>& part) {
    add(part.has_value());
    if (part) add(*part);
  }

  void add(const Nest& nest) {
    add(static_cast<std::uint8_t>(nest.kind));
    if (nest.kind == Nest::Kind::tensor) return add(nest.tensor);
    const bool has_fields = nest.kind == Nest::Kind::named_tuple || nest.kind == Nest::Kind::dataclass;
    if (has_fields) add(nest.type_name);
    add_count(nest.children.size());
    for (const std::size_t i : nest_order(nest)) {
      const auto& [name, child] = nest.children[i];
      if (has_fields || nest.kind == Nest::Kind::dict) add(name);
      add(child);
    }
  }

  void add(const TensorSpec& spec) {
    add(static_cast<std::uint8_t>(spec.encoding));
    add(spec.dtype);
    add(std::int64_t{spec.ragged_rank});
    add(spec.row_splits_dtype);
    add(spec.name);
    add(spec.optional);
    add(spec.default_value);
    add(spec.shape);
    add(spec.rules);
  }

  void add(const Shape& shape) {
    add(shape.rank_known());
    if (!shape.rank_known()) return;
    add_count(shape.dims().size());
    for (const Dim& dim : shape.dims()) {
      add(dim.size);
      add(dim.name);
      add(dim.rules.min);
      add(dim.rules.max);
      add(dim.rules.multiple_of);
    }
  }

  void add(const ValueRules& rules) {
    add(rules.finite);
    add(rules.minimum);
    add(rules.maximum);
    add(rules.utf8);
    add(rules.max_bytes);
    add(rules.one_of);
  }

  // Its dtype is the spec's.
  void add(const TensorValue& value) {
    add_count(value.dims.size());
    for (const std::int64_t size : value.dims) add(size);
    if (value.dtype != DType::string) return add(value.bytes);
    add_count(value.strings.size());
    for (const std::string& element : value.strings) add(element);
  }

  // Pointers and other integers would become a flag unseen.
  template <class Other>
    requires std::is_pointer_v<Other> || (std::integral<Other> && !std::same_as<Other, bool>)
  void add(Other) = delete;

  void add_integer(std::uint64_t number, std::size_t width) {
    char bytes[8];
    for (std::size_t i = 0; i < width; ++i) bytes[i] = static_cast<char>(number >> (8 * i));
    hash_.add(std::string_view(bytes, width));
  }

  SipHash<2, 4> hash_{kKey, SipWidth::bits128};
};

}  // namespace

std::string fingerprint(const Signature& signature) {
  Encoder encoder;
  encoder.add(signature);
  return encoder.digits();
}

}  // namespace tensorgate
