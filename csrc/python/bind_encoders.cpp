#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/shape.h"
#include "core/text.h"
#include "python/arguments.h"
#include "python/bindings.h"
#include "python/mapping.h"
#include "python/outgoing_tensors.h"
#include "python/saved_model_query.h"
#include "python/written_bytes.h"
#include "serving/predict_encoder.h"
#include "serving/rest_encoder.h"

namespace tensorgate::python {
namespace {

// A mapping of names to tensors, or a lone one.
void add(OutgoingTensors& outgoing, py::handle tensors, std::string_view lone_name) {
  if (is_mapping(tensors)) {
    outgoing.add_all(tensors);
  } else {
    outgoing.add_lone(lone_name, tensors);
  }
}

py::bytes encode_predict(const serving::PredictLayout& layout, py::handle tensors, py::handle model_name,
                         py::handle signature_name, py::handle version, py::handle version_label,
                         py::handle output_filter) {
  const std::string name = string_argument(model_name, "model_name");
  const std::string signature = string_argument(signature_name, "signature_name");
  const std::vector<std::string> filter = strings_argument(output_filter, "output_filter");
  std::string label;
  serving::ModelSpec model{.name = name, .signature_name = signature};
  if (!version.is_none()) model.version = size_argument(version, "version");
  if (!version_label.is_none()) model.version_label = label = string_argument(version_label, "version_label");
  if (model.version && model.version_label) throw py::value_error("both a version and a version_label");

  const bool is_request = layout.has_filter;
  if (is_request && name.empty()) throw py::value_error("model_name is empty");
  OutgoingTensors outgoing(is_request ? "inputs" : "outputs");
  add(outgoing, tensors, is_request ? "inputs" : "output_0");
  outgoing.require_all(is_request ? "the inputs" : "the outputs");
  const std::vector<std::string_view> names(filter.begin(), filter.end());
  const serving::PredictEncoder encoder(layout, model, outgoing.tensors(), names);
  return written_bytes(encoder.size(), [&](char* out) { return encoder.write(out); });
}

py::bytes encode_tensor_proto(py::handle tensor) {
  OutgoingTensors outgoing("tensor");
  outgoing.add_lone({}, tensor);
  outgoing.require_all("the tensor");
  const serving::TensorProtoEncoder encoder(outgoing.tensors().front());
  return written_bytes(encoder.size(), [&](char* start) {
    serving::ProtoWriter out(start);
    encoder.write(out);
    return out.end();
  });
}

// What JSON can't say, or TensorFlow Serving would read as something else.
void refuse_what_json_lacks(OutgoingTensors& outgoing, bool in_rows) {
  const auto tensors = outgoing.tensors();
  for (const serving::OutgoingTensor& tensor : tensors) {
    const auto dims = tensor.elements.dims;
    const std::string path = outgoing.path_of(tensor.name);
    const auto refuse = [&](ViolationCode code, std::string expected, std::string got, const char* hint) {
      outgoing.refuse(
          {.path = path, .code = code, .expected = std::move(expected), .got = std::move(got), .hint = hint});
    };
    if (!serving::JsonTensorWriter::can_write(tensor.elements.dtype)) {
      refuse(ViolationCode::unsupported, "a dtype that JSON has numbers for", std::string(name(tensor.elements.dtype)),
             "send a PredictRequest");
    }
    if (in_rows && dims.empty()) {
      refuse(ViolationCode::rank, "a batch dimension, which the row format needs", text(dims), "use format='columnar'");
    } else if (in_rows && dims[0] == 0) {
      refuse(ViolationCode::dim, "at least one row", text(dims), "TensorFlow Serving takes no request without rows");
    } else if (const auto first = tensors[0].elements.dims; in_rows && !first.empty() && dims[0] != first[0]) {
      refuse(ViolationCode::dim_mismatch, std::to_string(first[0]) + " rows as in " + outgoing.path_of(tensors[0].name),
             std::to_string(dims[0]), "use format='columnar'");
    } else if (const auto zero = std::find(dims.begin(), dims.end(), 0); zero != dims.end() && zero + 1 != dims.end()) {
      refuse(ViolationCode::dim, "a shape that empty lists can tell", text(dims), "send a PredictRequest");
    }
  }
}

py::bytes encode_rest(py::handle inputs, py::handle format, py::handle signature_name) {
  using Format = serving::RestEncoder::Format;
  const std::string word = string_argument(format, "format");
  if (word != "row" && word != "columnar") {
    throw py::value_error("format is " + quoted(word) + "; it must be 'row' or 'columnar'");
  }
  const bool in_rows = word == "row";
  const std::string signature = string_argument(signature_name, "signature_name");
  OutgoingTensors outgoing("inputs");
  add(outgoing, inputs, "inputs");
  if (in_rows && outgoing.tensors().empty() && outgoing.violations().empty()) {
    throw py::value_error("the row format needs an input");
  }
  refuse_what_json_lacks(outgoing, in_rows);
  outgoing.require_all("the inputs");
  const auto tensors = outgoing.tensors();
  // An object of nothing but "b64" would be a string.
  const bool is_bare = outgoing.is_lone() || (tensors.size() == 1 && tensors[0].name == "b64");
  const serving::RestEncoder encoder(in_rows ? Format::row : Format::columnar, signature, tensors, is_bare);
  return written_bytes(encoder.max_size(), [&](char* out) { return encoder.write(out); });
}

}  // namespace

void bind_encoders(py::module_& m) {
  m.def(
      "encode_predict_request",
      [](py::handle inputs, py::handle model_name, py::handle signature_name, py::handle version,
         py::handle version_label, py::handle output_filter) {
        return encode_predict(serving::kPredictRequest, inputs, model_name, signature_name, version, version_label,
                              output_filter);
      },
      py::arg("inputs"), py::arg("model_name"), py::arg("signature_name"), py::arg("version"), py::arg("version_label"),
      py::arg("output_filter"), py::pos_only(), "Write a PredictRequest.");
  m.def(
      "encode_predict_response",
      [](py::handle outputs, py::handle model_name, py::handle signature_name, py::handle version,
         py::handle version_label) {
        return encode_predict(serving::kPredictResponse, outputs, model_name, signature_name, version, version_label,
                              py::tuple());
      },
      py::arg("outputs"), py::arg("model_name"), py::arg("signature_name"), py::arg("version"),
      py::arg("version_label"), py::pos_only(), "Write a PredictResponse.");
  m.def("encode_tensor_proto", &encode_tensor_proto, py::arg("tensor"), py::pos_only(), "Write a TensorProto.");
  m.def("encode_rest", &encode_rest, py::arg("inputs"), py::arg("format"), py::arg("signature_name"), py::pos_only(),
        "Write the body of a REST request.");
}

}  // namespace tensorgate::python
