#include "python/buffer_tensor.h"

#include <bit>
#include <string_view>

#include "core/text.h"
#include "python/dlpack_tensor.h"

namespace tensorgate::python {
namespace {

class Buffer {
 public:
  explicit Buffer(py::handle object) : held_(PyObject_GetBuffer(object.ptr(), &view_, PyBUF_FULL_RO) == 0) {}
  ~Buffer() {
    if (held_) PyBuffer_Release(&view_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  bool held() const { return held_; }
  const Py_buffer& operator*() const { return view_; }

 private:
  Py_buffer view_{};
  bool held_;
};

DType sized(std::size_t size, DType one, DType two, DType four, DType eight) {
  switch (size) {
    case 1:
      return one;
    case 2:
      return two;
    case 4:
      return four;
    case 8:
      return eight;
    default:
      return DType::invalid;
  }
}

struct Format {
  DType dtype;
  bool swapped;
};

// The struct module's format characters give the kind, the item's size the width: a platform's `long` has a format
// of its own and sizes of its own.
Format parse_format(const char* format, std::size_t item_size) {
  std::string_view text = format != nullptr ? format : "B";
  bool big_endian = false;
  if (!text.empty() && std::string_view("@=<>!").find(text[0]) != std::string_view::npos) {
    big_endian = text[0] == '>' || text[0] == '!';
    text.remove_prefix(1);
  }
  DType dtype = DType::invalid;
  if (text.size() == 1) {
    if (std::string_view("bhilqn").find(text[0]) != std::string_view::npos) {
      dtype = sized(item_size, DType::int8, DType::int16, DType::int32, DType::int64);
    } else if (std::string_view("BHILQN").find(text[0]) != std::string_view::npos) {
      dtype = sized(item_size, DType::uint8, DType::uint16, DType::uint32, DType::uint64);
    } else if (std::string_view("efd").find(text[0]) != std::string_view::npos) {
      dtype = sized(item_size, DType::invalid, DType::float16, DType::float32, DType::float64);
    } else if (text[0] == '?' && item_size == 1) {
      dtype = DType::boolean;
    } else if (text[0] == 'c' && item_size == 1) {
      dtype = DType::uint8;
    }
  } else if (text == "Zf" && item_size == 8) {
    dtype = DType::complex64;
  } else if (text == "Zd" && item_size == 16) {
    dtype = DType::complex128;
  }
  const bool swapped = item_size > 1 && big_endian == (std::endian::native == std::endian::little);
  return {dtype, big_endian && swapped};
}

}  // namespace

void describe_buffer(py::handle object, Description& out) {
  const Buffer buffer(object);
  if (!buffer.held()) {
    py::error_already_set refused;
    // Some exporters have a buffer for some dtypes and DLPack for the others.
    if (refused.matches(PyExc_Exception) && py::hasattr(object, "__dlpack__")) return describe_dlpack(object, out);
    throw refused;
  }
  const Py_buffer& view = *buffer;
  const Format format = parse_format(view.format, static_cast<std::size_t>(view.itemsize));
  out.dtype = format.dtype;
  static_assert(sizeof(Py_ssize_t) == sizeof(std::int64_t));
  if (!out.set_shape(reinterpret_cast<const std::int64_t*>(view.shape), view.ndim)) return;
  if (format.dtype == DType::invalid) {
    out.refuse(ViolationCode::dtype, "a buffer of format " + quoted(view.format != nullptr ? view.format : "B"));
  } else if (format.swapped) {
    out.refuse(ViolationCode::byte_order, "big-endian " + std::string(name(format.dtype)),
               "write it in the machine's byte order");
  }
}

}  // namespace tensorgate::python
