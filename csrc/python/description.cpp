#include "python/description.h"

#include <algorithm>

#include "core/text.h"
#include "python/buffer_tensor.h"
#include "python/dlpack_tensor.h"
#include "python/errors.h"
#include "python/exporter.h"
#include "python/numpy_tensor.h"
#include "python/tensorflow_tensor.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

void describe_python_value(py::handle object, Description& out) {
  const std::string type = type_text(object);
  if (object.is_none()) {
    out.refuse(ViolationCode::unsupported, "None");
  } else if (py::isinstance<py::dict>(object)) {
    out.refuse(ViolationCode::structure, "a dict", "a tensor goes here");
  } else {
    out.refuse(ViolationCode::unsupported, "a Python " + type, "convert it with np.asarray and the expected dtype");
  }
}

void describe_by_exporter(py::handle object, Description& out) {
  switch (exporter_of(object)) {
    case Exporter::numpy_array:
      return describe_numpy_array(object, out);
    case Exporter::numpy_scalar:
      return describe_numpy_scalar(object, out);
    case Exporter::eager_tensor:
      return describe_eager_tensor(object, out);
    case Exporter::tf_variable:
      return describe_tf_variable(object, out);
    case Exporter::buffer:
      return describe_buffer(object, out);
    case Exporter::dlpack:
      return describe_dlpack(object, out);
    case Exporter::python_value:
      return describe_python_value(object, out);
    case Exporter::symbolic_tensor:
      return out.refuse(ViolationCode::unsupported, "a symbolic " + type_text(object), "it has no value to check yet");
    case Exporter::keras_variable:
      return out.refuse(ViolationCode::unsupported, with_article(type_text(object)), "pass its .value");
    case Exporter::ragged_tensor:
    case Exporter::sparse_tensor:
    case Exporter::indexed_slices:
      return out.refuse(ViolationCode::unsupported, with_article(type_text(object)), "a dense tensor goes here");
    case Exporter::array_like:
      return out.refuse(ViolationCode::unsupported, with_article(type_text(object)), "pass np.asarray of it");
    case Exporter::unknown:
      return out.refuse(ViolationCode::unsupported, with_article(type_text(object)));
  }
}

}  // namespace

bool Description::set_shape(const std::int64_t* sizes, std::int64_t count) {
  if (count < 0 || count > static_cast<std::int64_t>(kMaxRank)) {
    refuse(ViolationCode::rank, "rank " + std::to_string(count));
    return false;
  }
  if (count > 0 && (sizes == nullptr || std::any_of(sizes, sizes + count, [](auto size) { return size < 0; }))) {
    refuse(ViolationCode::unsupported, "a tensor without a valid shape");
    return false;
  }
  std::copy_n(sizes, count, dims.begin());
  rank = static_cast<std::int32_t>(count);
  return true;
}

void describe(py::handle object, Description& out) {
  try {
    describe_by_exporter(object, out);
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    out.refuse(ViolationCode::unsupported, with_article(type_text(object)), "it raised " + exception_text(error));
  } catch (py::cast_error&) {
    out.refuse(ViolationCode::unsupported, with_article(type_text(object)),
               "what it says of its dtype and shape makes no sense");
  }
}

std::string dtype_text(py::handle object, const Description& description) {
  const Exporter exporter = exporter_of(object);
  if (exporter == Exporter::numpy_array || exporter == Exporter::numpy_scalar) {
    return numpy_dtype_text(object);
  }
  return description.dtype == DType::invalid ? "a dtype that TensorFlow does not have"
                                             : std::string(name(description.dtype));
}

std::string type_text(py::handle object) {
  const py::handle type = py::type::handle_of(object);
  const auto part = [&](const char* name) {
    const py::object value = py::getattr(type, name, py::none());
    return py::isinstance<py::str>(value) ? utf8_text(value) : std::string("?");
  };
  const std::string module = part("__module__");
  const std::string package = module.substr(0, module.find('.'));
  return module == "builtins" ? part("__qualname__") : package + "." + part("__qualname__");
}

}  // namespace tensorgate::python
