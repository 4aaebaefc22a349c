#include "python/tensor_memory.h"

#include <algorithm>

#include "core/text.h"
#include "python/dlpack_tensor.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/tensor_value_array.h"
#include "python/tensorflow_tensor.h"

namespace tensorgate::python {

TensorMemory::TensorMemory(py::handle object, const Description& description) : dtype_(description.dtype) {
  try {
    open(object);
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    refuse(with_article(type_text(object)), "it raised " + exception_text(error));
  } catch (py::cast_error&) {
    refuse(with_article(type_text(object)), "what it says of its memory makes no sense");
  }
  // An object's own code runs when it is asked, and may give it another shape.
  const auto dims = description.view().dims;
  if (refusal_) return;
  if (!std::equal(dims_.begin(), dims_.end(), dims.begin(), dims.end()) ||
      item_size_ != static_cast<std::int64_t>(item_size(dtype_))) {
    refuse(with_article(type_text(object)), "its shape or dtype changed while it was looked at");
  } else if (data_ == nullptr && bytes() > 0) {
    refuse(with_article(type_text(object)), "it shows no memory");
  }
}

std::size_t TensorMemory::bytes() const {
  std::size_t size = item_size(dtype_);
  for (const std::int64_t dim : dims_) size *= static_cast<std::size_t>(dim);
  return size;
}

py::object memory_array(TensorMemory memory) {
  if (PyArray_CheckExact(memory.owner().ptr())) return memory.owner();
  const StridedTensor tensor = memory.tensor();
  py::object dtype = numpy_dtype(tensor.dtype);
  auto array = py::reinterpret_steal<py::object>(
      PyArray_NewFromDescr(&PyArray_Type, reinterpret_cast<PyArray_Descr*>(dtype.release().ptr()),
                           static_cast<int>(tensor.dims.size()), const_cast<std::int64_t*>(tensor.dims.data()),
                           const_cast<std::int64_t*>(tensor.strides), const_cast<void*>(tensor.data), 0, nullptr));
  if (!array) throw py::error_already_set();
  // Takes over the reference.
  if (PyArray_SetBaseObject(reinterpret_cast<PyArrayObject*>(array.ptr()), memory.owner().inc_ref().ptr()) < 0) {
    throw py::error_already_set();
  }
  return array;
}

void TensorMemory::open(py::handle object) {
  switch (exporter_of(object)) {
    case Exporter::numpy_array:
      return open_array(py::reinterpret_borrow<py::object>(object));
    case Exporter::numpy_scalar: {
      const auto array = py::reinterpret_steal<py::object>(PyArray_FromScalar(object.ptr(), nullptr));
      if (!array) throw py::error_already_set();
      return open_array(array);
    }
    case Exporter::tf_variable:
      return open_eager(object.attr("value")());
    case Exporter::eager_tensor:
      return open_eager(object);
    case Exporter::buffer:
      // As in describe_buffer: what has a buffer for some dtypes only has DLPack for the others.
      if (PyObject_CheckBuffer(object.ptr()) != 0) {
        try {
          return open_buffer(object);
        } catch (py::error_already_set& error) {
          if (!error.matches(PyExc_Exception) || !py::hasattr(object, "__dlpack__")) throw;
        }
      }
      return open_dlpack(object);
    case Exporter::dlpack:
      return open_dlpack(object);
    default:
      return refuse(with_article(type_text(object)), "its values can't be looked at");
  }
}

void TensorMemory::open_array(const py::object& array) {
  owner_ = array;
  auto* own = reinterpret_cast<PyArrayObject*>(array.ptr());
  data_ = PyArray_DATA(own);
  item_size_ = PyArray_ITEMSIZE(own);
  dims_.assign(PyArray_DIMS(own), PyArray_DIMS(own) + PyArray_NDIM(own));
  if (!PyArray_IS_C_CONTIGUOUS(own)) strides_.assign(PyArray_STRIDES(own), PyArray_STRIDES(own) + PyArray_NDIM(own));
}

void TensorMemory::open_buffer(py::handle object) {
  owner_ = py::reinterpret_steal<py::object>(PyMemoryView_FromObject(object.ptr()));
  if (!owner_) throw py::error_already_set();
  const Py_buffer* view = PyMemoryView_GET_BUFFER(owner_.ptr());
  if (view->suboffsets != nullptr) return refuse("a buffer of pointers", "pass np.asarray of it");
  data_ = view->buf;
  item_size_ = view->itemsize;
  dims_.assign(view->shape, view->shape + view->ndim);
  if (view->strides != nullptr) strides_.assign(view->strides, view->strides + view->ndim);
}

void TensorMemory::open_dlpack(py::handle object) {
  DlpackExport exported(object);
  const DLTensor& tensor = exported.tensor();
  if (!is_on_host(tensor.device))
    return refuse("a tensor on a device", "its values can't be checked there: copy it to the CPU");
  if (tensor.dtype.bits < 8) return refuse("a tensor of packed elements", "pass a NumPy array of ml_dtypes' dtype");
  if (tensor.data != nullptr) data_ = static_cast<const char*>(tensor.data) + tensor.byte_offset;
  item_size_ = tensor.dtype.bits / 8;
  dims_.assign(tensor.shape, tensor.shape + tensor.ndim);
  if (tensor.strides != nullptr) {
    for (std::int32_t axis = 0; axis < tensor.ndim; ++axis) {
      strides_.push_back(tensor.strides[axis] * item_size_);
    }
  }
  owner_ = exported.capsule();
}

void TensorMemory::open_eager(py::handle object) {
  const py::object array = array_of_eager_tensor(object);
  if (!array) return refuse("a tensor on a device", "its values can't be checked there: copy it to the CPU");
  if (!PyArray_Check(array.ptr())) return refuse(with_article(type_text(object)), "its values can't be looked at");
  open_array(array);
}

}  // namespace tensorgate::python
