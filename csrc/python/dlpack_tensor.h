#pragma once

#include <optional>

#include "core/plan.h"
#include "python/description.h"

namespace tensorgate::python {

// DLPack's ABI (dmlc.github.io/dlpack), as much of it as is read here.
struct DLDevice {
  std::int32_t type;
  std::int32_t id;
};

struct DLDataType {
  std::uint8_t code;
  std::uint8_t bits;
  std::uint16_t lanes;
};

struct DLTensor {
  void* data;
  DLDevice device;
  std::int32_t ndim;
  DLDataType dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};

// The functions that a type's __dlpack_c_exchange_api__ gives: a look through them takes a fiftieth of __dlpack__'s
// time.
struct DLPackExchangeAPI {
  struct {
    std::uint32_t major;
    std::uint32_t minor;
  } version;
  const DLPackExchangeAPI* older;
  void* allocate;
  void* export_owned;
  void* import;
  // 0, and a tensor that lives as long as the object; -1, and an exception is set.
  int (*borrow)(void* object, DLTensor* out);
};

// A tensor that an object with __dlpack__ shows, for as long as this or the capsule lives.
class DlpackExport {
 public:
  explicit DlpackExport(py::handle object);

  const DLTensor& tensor() const { return *tensor_; }
  const py::object& capsule() const { return capsule_; }

 private:
  py::object capsule_;
  const DLTensor* tensor_;
};

// How DLPack writes a dtype, if it has it.
std::optional<DLDataType> to_dl_type(DType dtype);

// True where the processor can read what lies there.
bool is_on_host(DLDevice device);

// Anything with __dlpack__: PyTorch, JAX, CuPy. Device tensors too: only metadata is read.
void describe_dlpack(py::handle object, Description& out);

// True where a look without an export is possible and shows that dtype and shape match.
bool dlpack_matches(py::handle object, const TensorPlan& plan, std::int64_t* sizes);

}  // namespace tensorgate::python
