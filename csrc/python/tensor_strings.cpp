#include "python/tensor_strings.h"

#include <array>
#include <cstring>
#include <string_view>

#include "core/text.h"
#include "python/description.h"
#include "python/exporter.h"
#include "python/numpy_tensor.h"
#include "python/tensorflow_tensor.h"
#include "python/utf8_text.h"

namespace tensorgate::python {
namespace {

bool is_lone_surrogate(std::uint32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

bool encodes_as_utf8(PyObject* text) {
  if (PyUnicode_MAX_CHAR_VALUE(text) < 0xD800) return true;
  const int width = PyUnicode_KIND(text);
  const void* data = PyUnicode_DATA(text);
  for (Py_ssize_t i = 0; i < PyUnicode_GET_LENGTH(text); ++i) {
    if (is_lone_surrogate(PyUnicode_READ(width, data, i))) return false;
  }
  return true;
}

// Where a walk over an array stands.
struct Place {
  std::vector<std::int64_t> index;
  std::int64_t row() const { return index.empty() ? 0 : index[0]; }
};

// One element after the other, and what it breaks, told to a Sink.
template <class Sink>
class Judge {
 public:
  Judge(const ValueRules* rules, Sink& sink) : rules_(rules), sink_(sink) {}

  void object(PyObject* element, const Place& place) {
    if (PyBytes_Check(element)) {
      if (rules_ == nullptr) return;
      return bytes({PyBytes_AS_STRING(element), static_cast<std::size_t>(PyBytes_GET_SIZE(element))}, place, element);
    }
    if (!PyUnicode_Check(element)) return sink_.add(place, ViolationCode::dtype, element, {});
    if (!encodes_as_utf8(element)) return sink_.add(place, ViolationCode::not_utf8, element, {});
    if (rules_ == nullptr) return;
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(element, &size);
    if (text == nullptr) throw py::error_already_set();
    bytes({text, static_cast<std::size_t>(size)}, place, element);
  }

  // NumPy pads with NULs at the end, which are no part of the string.
  void fixed_bytes(const char* data, std::size_t length, const Place& place) {
    if (rules_ == nullptr) return;
    while (length > 0 && data[length - 1] == 0) --length;
    bytes({data, length}, place, nullptr);
  }

  void code_points(const char* data, std::size_t length, const Place& place) {
    const auto at = [&](std::size_t i) {
      std::uint32_t c = 0;
      std::memcpy(&c, data + 4 * i, 4);
      return c;
    };
    for (std::size_t i = 0; i < length; ++i) {
      if (is_lone_surrogate(at(i)) || at(i) > 0x10FFFF) return sink_.add(place, ViolationCode::not_utf8, nullptr, {});
    }
    if (rules_ == nullptr) return;
    while (length > 0 && at(length - 1) == 0) --length;
    buffer_.clear();
    for (std::size_t i = 0; i < length; ++i) append_utf8(buffer_, at(i));
    bytes(buffer_, place, nullptr);
  }

 private:
  void bytes(std::string_view element, const Place& place, PyObject* object) {
    if (const auto broken = broken_rule(*rules_, element)) sink_.add(place, *broken, object, element);
  }

  const ValueRules* rules_;
  Sink& sink_;
  std::string buffer_;
};

// Steps over an array's elements in row-major order, whatever its strides and rank. No Python code may run meanwhile:
// it could give the array other memory.
template <class Visit>
void for_each_element(PyArrayObject* array, Visit visit) {
  const int rank = PyArray_NDIM(array);
  const char* data = PyArray_BYTES(array);
  Place place{std::vector<std::int64_t>(static_cast<std::size_t>(rank))};
  for (npy_intp left = PyArray_SIZE(array); left > 0; --left) {
    visit(data, place);
    for (int axis = rank - 1; axis >= 0; --axis) {
      std::int64_t& at = place.index[static_cast<std::size_t>(axis)];
      if (++at < PyArray_DIM(array, axis)) {
        data += PyArray_STRIDE(array, axis);
        break;
      }
      data -= PyArray_STRIDE(array, axis) * (at - 1);
      at = 0;
    }
  }
}

template <class Sink>
void judge_array(PyArrayObject* array, const ValueRules* rules, Sink& sink) {
  Judge<Sink> judge(rules, sink);
  // The dtype is held, as an object may change its array's.
  const auto descr = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(PyArray_DESCR(array)));
  const auto size = static_cast<std::size_t>(PyArray_ITEMSIZE(array));
  switch (PyArray_TYPE(array)) {
    case NPY_OBJECT:
      return for_each_element(array, [&](const char* data, const Place& place) {
        PyObject* element = nullptr;
        std::memcpy(&element, data, sizeof element);
        // NumPy's own empty object arrays hold null pointers, which stand for None.
        judge.object(element != nullptr ? element : Py_None, place);
      });
    case NPY_STRING:
      if (rules == nullptr) return;
      return for_each_element(array,
                              [&](const char* data, const Place& place) { judge.fixed_bytes(data, size, place); });
    case NPY_UNICODE:
      return for_each_element(array,
                              [&](const char* data, const Place& place) { judge.code_points(data, size / 4, place); });
    case kStringDType:
      // Without a stand-in for missing strings every element is a str that UTF-8 can hold.
      if (rules == nullptr && !py::hasattr(descr, "na_object")) return;
      return for_each_element(array, [&](const char* data, const Place& place) {
        const auto element = py::reinterpret_steal<py::object>(PyArray_GETITEM(array, data));
        if (!element) throw py::error_already_set();
        judge.object(element.ptr(), place);
      });
    default:
      return;
  }
}

template <class Sink>
void judge_strings(py::handle object, const ValueRules* rules, Sink& sink) {
  py::object held = py::reinterpret_borrow<py::object>(object);
  switch (exporter_of(object)) {
    case Exporter::numpy_array:
      break;
    case Exporter::numpy_scalar:
      return Judge<Sink>(rules, sink).object(object.ptr(), Place{});
    case Exporter::tf_variable:
      held = object.attr("value")();
      [[fallthrough]];
    case Exporter::eager_tensor:
      if (rules == nullptr) return;  // TensorFlow's own strings are always bytes
      held = array_of_eager_tensor(held);
      break;
    default:
      return;
  }
  if (held) judge_array(reinterpret_cast<PyArrayObject*>(held.ptr()), rules, sink);
}

// Keeps the first fault of each kind and counts all; the text is made when the walk is over.
class Faults {
 public:
  void add(const Place& place, ViolationCode code, PyObject* element, std::string_view bytes) {
    Kept& kept = kept_[static_cast<std::size_t>(code)];
    if (kept.count++ > 0) return;
    kept.element = py::reinterpret_borrow<py::object>(element);
    kept.bytes = bytes.substr(0, kMaxCharacters + 1);
    kept.size = bytes.size();
    kept.index = place.index;
  }

  std::vector<StringFault> result() const {
    std::vector<StringFault> out;
    for (std::size_t code = 0; code < kept_.size(); ++code) {
      const Kept& kept = kept_[code];
      if (kept.count == 0) continue;
      const auto fault = static_cast<ViolationCode>(code);
      out.push_back({fault, got(fault, kept), kept.index, kept.count});
    }
    return out;
  }

 private:
  struct Kept {
    py::object element;
    std::string bytes;
    std::size_t size = 0;
    std::vector<std::int64_t> index;
    std::int64_t count = 0;
  };

  static std::string got(ViolationCode code, const Kept& kept) {
    switch (code) {
      case ViolationCode::dtype:
        return "an object array with " + with_article(type_text(kept.element));
      case ViolationCode::too_long:
        return std::to_string(kept.size) + " bytes";
      case ViolationCode::not_one_of:
        return quoted(kept.bytes);
      default:
        break;
    }
    if (kept.element && PyUnicode_Check(kept.element.ptr())) return "a str with a lone surrogate";
    return kept.bytes.empty() ? "a character that UTF-8 does not have" : "bytes that are not UTF-8";
  }

  std::array<Kept, kViolationCodes.size()> kept_;
};

// Of the rows that there were when the batch was checked: an object's own code may have given it more since.
struct RowMarks {
  bool* bad;
  std::int64_t count;
  void add(const Place& place, ViolationCode, PyObject*, std::string_view) {
    if (place.row() < count) bad[place.row()] = true;
  }
};

}  // namespace

std::vector<StringFault> find_string_faults(py::handle object, const ValueRules* rules) {
  Faults faults;
  judge_strings(object, rules, faults);
  return faults.result();
}

void mark_string_rows(py::handle object, const ValueRules* rules, bool* bad, std::int64_t count) {
  RowMarks marks{bad, count};
  judge_strings(object, rules, marks);
}

}  // namespace tensorgate::python
