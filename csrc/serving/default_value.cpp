#include "serving/default_value.h"

#include "serving/span_reader.h"
#include "serving/tensor_fault.h"
#include "serving/tensor_values.h"

namespace tensorgate::serving {
namespace {

constexpr Limits kLimits{.max_tensor_bytes = 16 << 20, .max_rank = 32};  // the rank is what every NumPy can hold

}  // namespace

void read_default(ContractReader& wire, RawDefault& out) {
  const std::string bytes = wire.bytes();
  out.start = wire.position() - bytes.size();
  out.bytes += bytes;
}

TensorValue to_tensor_value(ContractReader& wire, const RawDefault& raw) {
  TensorHeader header;
  try {
    read_tensor_header(raw.bytes, raw.start, header);
  } catch (const Malformed& malformed) {
    wire.fail_at(malformed.offset, malformed.what);
  }
  const TensorFault fault = find_fault(header, kLimits);
  if (fault != TensorFault::none && fault != TensorFault::no_values) {
    Violation violation = violation_of(fault, header, kLimits);
    violation.offset.reset();
    wire.fail_at(raw.start, "a default value is refused: " + text(violation));
  }
  const DecodedTensor tensor = decode_tensor(header);
  TensorValue out{.dtype = tensor.dtype, .dims = tensor.dims};
  if (tensor.dtype == DType::string) {
    for (const std::string_view one : tensor.strings) {
      wire.charge(sizeof(std::string) + one.size());
      out.strings.emplace_back(one);
    }
    return out;
  }
  const std::size_t bytes = element_count(header) * item_size(tensor.dtype);
  wire.charge(bytes);
  out.bytes.assign(static_cast<const char*>(tensor.data()), bytes);
  unify_nans(out);
  return out;
}

}  // namespace tensorgate::serving
