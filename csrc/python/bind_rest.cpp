#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "python/batch.h"
#include "python/bindings.h"
#include "python/decoded_array.h"
#include "python/description.h"
#include "python/errors.h"
#include "python/limits_argument.h"
#include "python/numpy_api.h"
#include "python/received_request.h"
#include "python/received_tensors.h"
#include "python/signature_type.h"
#include "python/tensor_value_array.h"
#include "python/wire_bytes.h"
#include "python/wire_contract.h"
#include "serving/rest_body.h"

namespace tensorgate::python {
namespace {

using serving::JsonKernels;
using serving::JsonTensor;
using serving::Limits;
using serving::RestBody;

// From this size on others may run Python meanwhile: letting them costs less than reading.
constexpr std::size_t kReleaseBytes = std::size_t{1} << 20;

// JSON text as bytes or str, held where it lies.
class BodyText {
 public:
  explicit BodyText(py::handle body) {
    if (!PyUnicode_Check(body.ptr())) {
      if (!PyObject_CheckBuffer(body.ptr())) {
        throw py::type_error("body is " + with_article(type_text(body)) +
                             "; it must be bytes, a bytearray, a memoryview or a str");
      }
      view_ = bytes_.emplace(body, "body").view();
      return;
    }
    Py_ssize_t size = 0;
    if (const char* const text = PyUnicode_AsUTF8AndSize(body.ptr(), &size)) {  // kept with the str
      view_ = {text, static_cast<std::size_t>(size)};
      return;
    }
    // A lone surrogate becomes what is no UTF-8, and is found there.
    PyErr_Clear();
    encoded_ = py::reinterpret_steal<py::object>(PyUnicode_AsEncodedString(body.ptr(), "utf-8", "surrogatepass"));
    if (!encoded_) throw py::error_already_set();
    view_ = bytes_.emplace(encoded_, "body").view();
  }

  std::string_view view() const { return view_; }

 private:
  py::object encoded_;
  std::optional<WireBytes> bytes_;
  std::string_view view_;
};

const JsonKernels& kernels_argument(py::handle given) {
  if (given.is_none()) return serving::json_kernels();
  const auto name = given.cast<std::string>();
  for (const JsonKernels* const kernels : {&serving::json_kernels(), &serving::kScalarJsonKernels}) {
    if (kernels->name == name) return *kernels;
  }
  throw py::value_error("no kernels of that name here");
}

// What the contract says of the arrays, with the places in the body. What is absent the body has said itself.
void inspect(const py::dict& arrays, const SignatureParts& parts, const RestBody& body, const std::string& root,
             Violations& out) {
  Violations found(std::numeric_limits<std::size_t>::max(), out.names());
  parts.gate->inspect(arrays, parts.signature->inputs, found, true, root);
  const auto& children = parts.signature->inputs.children;
  for (Violation violation : found.kept()) {
    if (violation.code == ViolationCode::missing) continue;
    if (!out.has_room()) {
      out.add_unlisted();
      continue;
    }
    for (std::size_t tensor = 0; tensor < children.size(); ++tensor) {
      if (violation.path != at(root, children[tensor].first)) continue;
      const bool has_place = is_of_an_element(violation.code) && violation.index.has_value();
      try {
        RestBody::Found place = body.find(tensor, has_place ? *violation.index : std::vector<std::int64_t>());
        violation.path = std::move(place.path);
        violation.offset = place.offset;
        if (has_place) violation.index.reset();
      } catch (const serving::BadJson&) {
        // Another thread has written to the body since: the place is the one in the array that was judged.
      }
      break;
    }
    out.add(std::move(violation));
  }
}

void refuse_dtypes(const Nest& tensors, const std::string& root, Violations& out) {
  for (const auto& [name, child] : tensors.children) {
    if (JsonTensor::supports(child.tensor.dtype)) continue;
    out.add({.path = at(root, name),
             .code = ViolationCode::unsupported,
             .expected = text(child.tensor),
             .got = "JSON",
             .hint = "send a PredictRequest"});
  }
}

// The one that the body asks for, where `signatures` is a mapping of them by name. Throws ValidationError where that is
// not there, TypeError where it is none.
py::object requested_contract(const py::object& signatures, std::string_view text, const Limits& limits) {
  if (signature_parts(signatures)) return signatures;
  require_contract_arguments(signatures, py::none());
  const std::string name = serving::requested_signature(text, limits);
  Violations found = violations_within(limits);
  py::object signature = named_signature(signatures, "signature_name", name, found);
  if (!signature) throw_validation_error("a REST request", found);
  return signature;
}

// The batch as the contract has it, the arrays by alias, and the contract.
py::tuple decode(const py::object& given, const py::object& signatures, const py::object& limits_given,
                 py::handle kernels, Side side) {
  Limits limits = limits_argument(limits_given);
  const BodyText text(given);
  const py::object signature = side == Side::inputs ? requested_contract(signatures, text.view(), limits) : signatures;
  const Signature& whole_contract = *signature_argument(signature).signature;
  limits.max_rank = std::min(limits.max_rank, max_array_rank());
  const SignatureParts parts = flat_parts(signature, side);
  const Nest& tensors = parts.signature->inputs;
  const serving::RestWords& words = side == Side::inputs ? serving::kRestRequest : serving::kRestResponse;
  const auto refuse = [&](const Violations& violations) {
    throw_validation_error((side == Side::inputs ? "" : "the outputs of ") + subject(whole_contract), violations);
  };
  Violations found = violations_within(limits);
  refuse_dtypes(tensors, std::string(words.columns), found);
  if (!found.empty()) refuse(found);
  RestBody body(text.view(), tensors, parts.signature->name, words, kernels_argument(kernels), limits, found);
  bool whole = false;
  {
    std::optional<py::gil_scoped_release> released;
    if (text.view().size() >= kReleaseBytes) released.emplace();
    whole = body.read();
  }
  if (body.error()) {
    PyErr_SetString(PyExc_RuntimeError,
                    ("TensorFlow Serving answered with an error: " + escaped(*body.error(), 1000)).c_str());
    throw py::error_already_set();
  }
  // Half of a body says nothing of the whole.
  if (!whole) refuse(found);
  py::dict arrays;
  for (std::size_t tensor = 0; tensor < tensors.children.size(); ++tensor) {
    const py::str name(tensors.children[tensor].first);
    if (auto decoded = body.take(tensor)) {
      arrays[name] = decoded_array(std::move(*decoded), py::none());
    } else if (body.is_defaulted(tensor)) {
      arrays[name] = to_array(*tensors.children[tensor].second.tensor.default_value);
    }
  }
  if (!found.empty() || parts.gate->judge(arrays.ptr()) != BatchGate::Verdict::accepted) {
    inspect(arrays, parts, body, std::string(words.columns), found);
  }
  if (!found.empty()) refuse(found);
  const py::object batch = whole_batch(signature, arrays, side, found);
  if (!found.empty()) refuse(found);
  return py::make_tuple(batch, arrays, signature);
}

}  // namespace

void bind_rest(py::module_& m) {
  m.def(
      "decode_rest",
      [](const py::object& body, const py::object& signatures, const py::object& limits, const py::object& kernels) {
        return decode(body, signatures, limits, kernels, Side::inputs);
      },
      py::arg("body"), py::arg("sigs"), py::arg("limits"), py::arg("kernels") = py::none(),
      "Check and decode a request; see tensorgate.serving. `kernels` is for tests.");
  m.def(
      "decode_rest_response",
      [](const py::object& body, const py::object& signature, const py::object& limits) {
        return decode(body, signature, limits, py::none(), Side::outputs);
      },
      py::arg("body"), py::arg("sig"), py::arg("limits"), "Check and decode a response; see tensorgate.serving.");
  m.def(
      "json_kernels",
      [] {
        py::list names;
        names.append(serving::json_kernels().name);
        if (&serving::json_kernels() != &serving::kScalarJsonKernels) names.append(serving::kScalarJsonKernels.name);
        return names;
      },
      "The names of what this machine can read numbers with, fastest first.");
}

}  // namespace tensorgate::python
