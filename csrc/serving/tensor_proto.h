#pragma once

#include "core/tensor_value.h"
#include "serving/wire.h"

namespace tensorgate::serving {

// Reads the TensorProto of an input's default value, whose length stands here. Throws InvalidInput where
// TensorFlow would refuse it or read something else than was written: a wrong length, values in a field that
// does not go with the dtype, more values than elements. Fewer values are legal: the last one is repeated.
TensorValue read_tensor_proto(WireReader& wire);

}  // namespace tensorgate::serving
