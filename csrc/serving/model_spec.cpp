#include "serving/model_spec.h"

namespace tensorgate::serving {

void read_model_spec(SpanReader& wire, ModelSpec& out) {
  out.is_there = true;
  wire.nested([&](Field f) {
    if (f.is(1, WireType::length)) {
      out.name = wire.utf8("a model's name");
    } else if (f.is(2, WireType::length)) {
      // Of a oneof the last member wins; the same one again merges.
      out.version_label.reset();
      if (!out.version) out.version = 0;
      wire.nested([&](Field value) {
        if (value.is(1, WireType::varint)) {
          out.version = static_cast<std::int64_t>(wire.varint());
        } else {
          wire.skip(value);
        }
      });
    } else if (f.is(3, WireType::length)) {
      out.signature_name = wire.utf8("a signature's name");
    } else if (f.is(4, WireType::length)) {
      out.version.reset();
      out.version_label = wire.utf8("a version's label");
    } else {
      wire.skip(f);
    }
  });
}

}  // namespace tensorgate::serving
