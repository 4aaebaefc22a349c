#include "python/dlpack_tensor.h"

#include <algorithm>

#include "python/exporter.h"
#include "python/type_cache.h"

namespace tensorgate::python {
namespace {

constexpr std::int32_t kCuda = 2;
constexpr std::int32_t kRocm = 10;
constexpr std::uint8_t kComplex = 5;

struct DTypeRow {
  std::uint8_t code;
  std::uint8_t bits;
  DType dtype;
};

// Those that most tensors have come first.
constexpr std::array<DTypeRow, 25> kDTypes{{
    {2, 32, DType::float32},       {0, 64, DType::int64},
    {0, 32, DType::int32},         {2, 64, DType::float64},
    {4, 16, DType::bfloat16},      {2, 16, DType::float16},
    {1, 8, DType::uint8},          {6, 8, DType::boolean},
    {0, 2, DType::int2},           {0, 4, DType::int4},
    {0, 8, DType::int8},           {0, 16, DType::int16},
    {1, 2, DType::uint2},          {1, 4, DType::uint4},
    {1, 16, DType::uint16},        {1, 32, DType::uint32},
    {1, 64, DType::uint64},        {5, 64, DType::complex64},
    {5, 128, DType::complex128},   {9, 8, DType::float8_e4m3b11fnuz},
    {10, 8, DType::float8_e4m3fn}, {11, 8, DType::float8_e4m3fnuz},
    {12, 8, DType::float8_e5m2},   {13, 8, DType::float8_e5m2fnuz},
    {17, 4, DType::float4_e2m1fn},
}};

DType to_dtype(DLDataType type) {
  if (type.lanes != 1) return DType::invalid;
  const auto* found = std::find_if(kDTypes.begin(), kDTypes.end(),
                                   [&](const DTypeRow& row) { return row.code == type.code && row.bits == type.bits; });
  return found == kDTypes.end() ? DType::invalid : found->dtype;
}

py::object export_capsule(py::handle object) {
  const py::tuple device = object.attr("__dlpack_device__")();
  const auto type = device[0].cast<std::int32_t>();
  // -1: no synchronisation with the device, as no element is read.
  if (type == kCuda || type == kRocm) return object.attr("__dlpack__")(py::arg("stream") = -1);
  return object.attr("__dlpack__")();
}

// Null where the object's type has none, or none of this version of the ABI, or is looked at in another way. What it
// inherits does not count: a subclass may export something else, or nothing.
const DLPackExchangeAPI* exchange_api(py::handle object) {
  if (exporter_of(object) != Exporter::dlpack) return nullptr;
  const py::object own = py::type::handle_of(object).attr("__dict__");
  const py::object capsule = own.attr("get")("__dlpack_c_exchange_api__");
  if (!PyCapsule_IsValid(capsule.ptr(), "dlpack_exchange_api")) return nullptr;
  const auto* api = static_cast<const DLPackExchangeAPI*>(PyCapsule_GetPointer(capsule.ptr(), "dlpack_exchange_api"));
  while (api != nullptr && api->version.major != 1) api = api->older;
  return api != nullptr && api->borrow != nullptr ? api : nullptr;
}

// False where the object has to be exported to be looked at: as a complex one, which PyTorch may have conjugated
// lazily, and which the struct would show as it was before.
bool borrow(py::handle object, DLTensor& out) {
  static TypeCache<const DLPackExchangeAPI*> cache;
  const DLPackExchangeAPI* api = cache.get(Py_TYPE(object.ptr()), [&](PyTypeObject*) { return exchange_api(object); });
  if (api == nullptr) return false;
  if (api->borrow(object.ptr(), &out) == 0) return out.dtype.code != kComplex;
  PyErr_Clear();
  return false;
}

bool has_valid_shape(const DLTensor& tensor) {
  return tensor.ndim >= 0 && static_cast<std::size_t>(tensor.ndim) <= kMaxRank &&
         std::none_of(tensor.shape, tensor.shape + tensor.ndim, [](std::int64_t size) { return size < 0; });
}

void describe_tensor(const DLTensor& tensor, Description& out) {
  out.dtype = to_dtype(tensor.dtype);
  out.set_shape(tensor.shape, tensor.ndim);
}

}  // namespace

std::optional<DLDataType> to_dl_type(DType dtype) {
  const auto* found =
      std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeRow& row) { return row.dtype == dtype; });
  if (found == kDTypes.end()) return std::nullopt;
  return DLDataType{found->code, found->bits, 1};
}

DlpackExport::DlpackExport(py::handle object) {
  // PyTorch exports no tensor that records gradients; its detached twin shares the memory.
  py::object source = py::reinterpret_borrow<py::object>(object);
  if (py::object grad = py::getattr(object, "requires_grad", py::none()); grad.ptr() == Py_True) {
    source = object.attr("detach")();
  }
  capsule_ = export_capsule(source);
  // Not renamed to "used_dltensor": the capsule stays the owner and gives the memory back when it goes.
  tensor_ = static_cast<const DLTensor*>(PyCapsule_GetPointer(capsule_.ptr(), "dltensor"));
  if (tensor_ == nullptr) throw py::error_already_set();
}

bool is_on_host(DLDevice device) {
  constexpr std::array<std::int32_t, 4> kHost{1, 3, 11, 13};  // CPU; CUDA's and ROCm's pinned; CUDA's managed
  return std::find(kHost.begin(), kHost.end(), device.type) != kHost.end();
}

void describe_dlpack(py::handle object, Description& out) {
  if (DLTensor tensor; borrow(object, tensor)) return describe_tensor(tensor, out);
  describe_tensor(DlpackExport(object).tensor(), out);
}

bool dlpack_matches(py::handle object, const TensorPlan& plan, std::int64_t* sizes) {
  DLTensor tensor;
  return borrow(object, tensor) && to_dtype(tensor.dtype) == plan.dtype && has_valid_shape(tensor) &&
         matches(plan, {plan.dtype, {tensor.shape, static_cast<std::size_t>(tensor.ndim)}}, sizes);
}

}  // namespace tensorgate::python
