#include "python/bindings.h"
#include "python/signature_type.h"
#include "python/spec_type.h"

namespace tensorgate::python {

void bind_contract(py::module_& m) {
  bind_dim(m);
  m.attr("TensorSpec") = make_tensor_spec_type();
  m.attr("RaggedTensorSpec") = make_ragged_tensor_spec_type();
  m.attr("SparseTensorSpec") = make_sparse_tensor_spec_type();
  m.attr("Signature") = make_signature_type();
}

}  // namespace tensorgate::python
