#include "python/bindings.h"
#include "python/dlpack_copy.h"

namespace tensorgate::python {

void bind_dlpack(py::module_& m) {
  m.def(
      "dlpack_copy", &dlpack_copy, py::arg("array"), py::pos_only(),
      "Return a DLPack capsule that owns a copy of an array's elements, aligned to 64 bytes; None where the object is "
      "no plain array of numbers that TensorFlow reads from one.");
}

}  // namespace tensorgate::python
