#include "python/dlpack_copy.h"

#include <algorithm>
#include <memory>
#include <new>

#include "core/strided_copy.h"
#include "python/dlpack_tensor.h"
#include "python/numpy_tensor.h"
#include "python/tensor_memory.h"
#include "python/without_gil.h"

namespace tensorgate::python {
namespace {

constexpr const char* kName = "dltensor";
constexpr std::int32_t kCpu = 1;
constexpr std::uint8_t kBool = 6;
constexpr std::align_val_t kAlignment{64};

// DLPack's DLManagedTensor and what it points to. The elements lie in a piece of their own.
struct ManagedCopy {
  DLTensor tensor;
  void* manager = nullptr;
  void (*deleter)(ManagedCopy*) = [](ManagedCopy* self) { delete self; };
  std::vector<std::int64_t> shape;

  explicit ManagedCopy(std::size_t bytes)
      : tensor{::operator new(std::max<std::size_t>(bytes, 1), kAlignment), {kCpu, 0}, 0, {}, nullptr, nullptr, 0} {}
  ManagedCopy(const ManagedCopy&) = delete;
  ManagedCopy& operator=(const ManagedCopy&) = delete;
  ~ManagedCopy() { ::operator delete(tensor.data, kAlignment); }
};

// A consumer renames the capsule, and calls the deleter itself.
void delete_unused(PyObject* capsule) {
  if (!PyCapsule_IsValid(capsule, kName)) return;
  auto* copy = static_cast<ManagedCopy*>(PyCapsule_GetPointer(capsule, kName));
  copy->deleter(copy);
}

void copy_to(char* out, const StridedTensor& from, std::size_t bytes) {
  const auto strides = row_major_strides(from.dims, item_size(from.dtype));
  without_gil(bytes, [&] { copy_elements(from, out, strides); });
}

}  // namespace

py::object dlpack_copy(py::handle object) {
  auto* array = reinterpret_cast<PyArrayObject*>(object.ptr());
  if (!PyArray_CheckExact(object.ptr()) || !PyArray_ISNBO(PyArray_DESCR(array)->byteorder)) return py::none();
  const DType dtype = dtype_of_descr(PyArray_DESCR(array));
  const auto type = to_dl_type(dtype);
  // NumPy gives numbers of four bits a byte each, where DLPack packs them; TensorFlow takes none of the codes after
  // bool.
  if (!type || type->bits < 8 || type->code > kBool) return py::none();

  const auto bytes = static_cast<std::size_t>(PyArray_NBYTES(array));
  auto copy = std::make_unique<ManagedCopy>(bytes);
  const StridedTensor elements = elements_of(array, dtype);
  copy->shape.assign(elements.dims.begin(), elements.dims.end());
  copy->tensor.ndim = static_cast<std::int32_t>(copy->shape.size());
  copy->tensor.dtype = *type;
  copy->tensor.shape = copy->shape.data();
  copy_to(static_cast<char*>(copy->tensor.data), elements, bytes);

  auto capsule = py::reinterpret_steal<py::object>(PyCapsule_New(copy.get(), kName, delete_unused));
  if (!capsule) throw py::error_already_set();
  copy.release();
  return capsule;
}

}  // namespace tensorgate::python
