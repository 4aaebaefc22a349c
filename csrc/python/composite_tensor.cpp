#include "python/composite_tensor.h"

#include "core/text.h"
#include "python/composite_parts.h"
#include "python/errors.h"
#include "python/ragged_tensor.h"
#include "python/sparse_tensor.h"

namespace tensorgate::python {

std::int64_t composite_rows(py::handle value, const TensorSpec& spec) {
  if (spec.encoding == Encoding::ragged) {
    const py::object row_splits = ragged_parts(value)[1];
    return row_splits ? first_size(row_splits) - 1 : -1;
  }
  const py::object dense_shape = sparse_parts(value)[2];
  Violations found;
  const auto sizes = dense_shape ? integers_of(dense_shape, 1, found, "") : std::nullopt;
  return sizes && !sizes->numbers.empty() ? sizes->numbers[0] : -1;
}

void inspect_composite(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                       Inspection& inspection, bool elements, RowMarks* rows) {
  try {
    if (spec.encoding == Encoding::ragged) {
      inspect_ragged(value, tensor, spec, path, inspection, elements, rows);
    } else {
      inspect_sparse(value, tensor, spec, path, inspection, elements, rows);
    }
  } catch (py::error_already_set& error) {
    if (is_fatal(error)) throw;
    inspection.out().add({.path = path,
                          .code = ViolationCode::unsupported,
                          .expected = text(spec),
                          .got = with_article(type_text(value)),
                          .hint = "it raised " + exception_text(error)});
  }
}

void inspect_leaf(py::handle value, std::size_t tensor, const TensorSpec& spec, const std::string& path,
                  Inspection& inspection, bool elements) {
  if (spec.encoding == Encoding::dense) {
    inspect_value(value, tensor, spec, path, inspection, elements);
  } else {
    inspect_composite(value, tensor, spec, path, inspection, elements);
  }
}

}  // namespace tensorgate::python
