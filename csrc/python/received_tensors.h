#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "core/inspection.h"
#include "python/wire_bytes.h"
#include "serving/limits.h"
#include "serving/span_reader.h"
#include "serving/tensor_map.h"

namespace tensorgate::python {

namespace py = pybind11;

// What collects the violations of something that came over the wire.
Violations violations_within(const serving::Limits& limits);

// Bytes that are not the message that they should be, as a violation at `path`.
void add_malformed(const serving::Malformed& malformed, const std::string& path, Violations& out);

// False, and a violation, where there are more bytes than a request may have.
bool has_allowed_size(std::string_view bytes, const serving::Limits& limits, const std::string& path, Violations& out);

// Tensors by alias as NumPy arrays, each with its violations where it is none by itself. `root` is what paths begin
// with.
py::dict received_arrays(const serving::TensorMap& tensors, const WireBytes& bytes, const serving::Limits& limits,
                         const std::string& root, Violations& out);

// The same, held against a flat contract, whole; defaults stand for what is absent.
py::dict received_batch(const serving::TensorMap& tensors, const WireBytes& bytes, const serving::Limits& limits,
                        py::handle flat_signature, const std::string& root, Violations& out);

// A lone TensorProto as a NumPy array; null, and violations, where it is none.
py::object received_tensor(const WireBytes& bytes, const serving::Limits& limits, const std::string& path,
                           Violations& out);

}  // namespace tensorgate::python
