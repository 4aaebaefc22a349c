#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/text.h"
#include "core/trace_hash.h"
#include "python/description.h"
#include "python/exporter.h"
#include "python/mapping.h"
#include "python/numpy_tensor.h"
#include "python/tensorflow_tensor.h"

namespace tensorgate::python {

// Where an object stands, kept on the stack and written out on failure alone.
class TracePlace {
 public:
  enum class Step : std::uint8_t { key, field, wrapped };

  TracePlace() = default;  // the batch itself
  TracePlace(const TracePlace& parent, Step step, PyObject* name)
      : parent_(&parent), name_(name), step_(step), depth_(parent.depth_ + 1) {}
  TracePlace(const TracePlace& parent, std::size_t index)
      : parent_(&parent), index_(index), depth_(parent.depth_ + 1) {}

  int depth() const { return depth_; }
  std::string path() const;

  // Throws TypeError.
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  const TracePlace* parent_ = nullptr;
  PyObject* name_ = nullptr;  // null for an index
  std::size_t index_ = 0;
  Step step_ = Step::key;
  int depth_ = 0;
};

// Goes through a batch in the order of cases of tensorflow/core/function/trace_type/trace_type_builder.py, and gives a
// Maker what tf.function tells traces apart by. Throws TypeError, with the place, for what it would keep by identity.
template <class Maker>
class TraceWalk {
 public:
  void value(PyObject* object, Maker& maker, const TracePlace& place) {
    PyTypeObject* const type = Py_TYPE(object);
    if (type == &PyArray_Type) return array(object, maker, place);
    // What holds itself would go on for ever.
    if (place.depth() > kMaxDepth) throw py::type_error("a batch nested over " + std::to_string(kMaxDepth) + " deep");
    // What holds a part twice at each level goes on nearly as long.
    if (left_-- == 0) throw py::type_error("a batch of over " + std::to_string(kMaxValues) + " values");
    if (type == &PyDict_Type) return dict(object, maker, place);
    if (type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type || type == &PyBool_Type ||
        object == Py_None || type == &PyBytes_Type || type == &PyComplex_Type) {
      return maker.literal(object);
    }
    nested(object, maker, place);
  }

 private:
  static constexpr int kMaxDepth = 256;
  static constexpr std::size_t kMaxValues = std::size_t{1} << 22;

  static py::object borrowed(PyObject* object) { return py::reinterpret_borrow<py::object>(object); }

  static std::span<const std::int64_t> dims_of(PyArrayObject* array) {
    return {reinterpret_cast<const std::int64_t*>(PyArray_DIMS(array)), static_cast<std::size_t>(PyArray_NDIM(array))};
  }

  // Of the dtypes that NumPy's number alone tells; no code of Python's runs. Byte order does not count: TensorFlow
  // swaps the bytes when it copies them.
  static DType plain_dtype(PyArrayObject* array) {
    const auto number = static_cast<std::size_t>(PyArray_DESCR(array)->type_num);
    return number < kDTypeOfTypeNumber.size() ? kDTypeOfTypeNumber[number] : DType::invalid;
  }

  void array(PyObject* object, Maker& maker, const TracePlace& place) {
    auto* const raw = reinterpret_cast<PyArrayObject*>(object);
    DType dtype = plain_dtype(raw);
    if (dtype == DType::invalid) dtype = dtype_of_descr(PyArray_DESCR(raw));
    if (dtype == DType::invalid) {
      place.refuse("an array of dtype " + numpy_dtype_text(object) + ", which TensorFlow does not have");
    }
    maker.tensor(dtype, dims_of(raw));
  }

  void dict(PyObject* object, Maker& maker, const TracePlace& place) {
    maker.dict([&](auto& items) {
      Py_ssize_t position = 0;
      PyObject* key = nullptr;
      PyObject* held = nullptr;
      while (PyDict_Next(object, &position, &key, &held)) {
        if (PyUnicode_CheckExact(key) && PyArray_CheckExact(held)) [[likely]] {
          auto* const raw = reinterpret_cast<PyArrayObject*>(held);
          if (const DType dtype = plain_dtype(raw); dtype != DType::invalid) [[likely]] {
            items.add_named(key, [dtype, raw](Maker& inner) { inner.tensor(dtype, dims_of(raw)); });
            continue;
          }
        }
        item(borrowed(key), borrowed(held), items, place);
      }
    });
  }

  template <class Items>
  void item(const py::object& key, const py::object& held, Items& items, const TracePlace& place) {
    if (!is_literal(key.ptr())) {
      place.refuse("a mapping with " + with_article(type_text(key)) +
                   " as a key; the keys may be text, bytes, numbers and None");
    }
    items.add(key.ptr(),
              [&](Maker& inner) { value(held.ptr(), inner, TracePlace(place, TracePlace::Step::key, key.ptr())); });
  }

  // Whatever holds other objects, and what only a slow look can tell.
  void nested(PyObject* given, Maker& maker, const TracePlace& place) {
    const py::object object = borrowed(given);
    if (PyList_CheckExact(given) || PyTuple_CheckExact(given)) return sequence(given, maker, place);
    switch (exporter_of(object)) {
      case Exporter::eager_tensor:
        return eager_tensor(object, maker, place);
      case Exporter::tf_variable:
        return variable(object, maker);
      case Exporter::symbolic_tensor:
        place.refuse("a symbolic " + type_text(object) + ", which has no shape of its own yet");
      default:
        break;
    }
    if (py::hasattr(object, "__tf_tracing_type__") && py::hasattr(object, "_type_spec")) {
      return maker.composite(object.attr("_type_spec"));
    }
    if (py::hasattr(object, "__tf_tracing_type__")) return refuse_identity(object, place);
    if (py::hasattr(object, "__wrapped__")) {
      return value(py::object(object.attr("__wrapped__")).ptr(), maker,
                   TracePlace(place, TracePlace::Step::wrapped, given));
    }
    if (PyTuple_Check(given) && py::hasattr(object, "_fields")) return named_tuple(object, maker, place);
    if (PyList_Check(given) || PyTuple_Check(given)) return sequence(given, maker, place);
    if (is_mapping(object)) return mapping(object, maker, place);
    if (py::hasattr(py::type::handle_of(object), "__attrs_attrs__")) return attrs(object, maker, place);
    if (is_literal(given)) return maker.literal(given);
    if (py::hasattr(object, "__array__") && !PyType_Check(given)) {
      const py::object made = PyArray_Check(given) ? object : object.attr("__array__")();
      if (!PyArray_Check(made.ptr())) place.refuse(with_article(type_text(object)) + " whose __array__ makes none");
      return array(made.ptr(), maker, place);
    }
    if (py::hasattr(object, "__tf_flatten__") && py::hasattr(object, "__tf_unflatten__")) {
      return custom_nest(object, maker, place);
    }
    refuse_identity(object, place);
  }

  // Python values that TensorFlow compares by value: those that can't be weakly referred to. A str or a float of a
  // class of one's own can.
  static bool is_literal(PyObject* object) {
    if (object == Py_None || PyUnicode_CheckExact(object) || PyFloat_CheckExact(object) ||
        PyComplex_CheckExact(object)) {
      return true;
    }
    const PyTypeObject* const type = Py_TYPE(object);
    if (PyUnicode_Check(object)) return type == &PyUnicodeArrType_Type;
    return (PyLong_Check(object) && type->tp_hash == PyLong_Type.tp_hash) ||
           (PyBytes_Check(object) && !PyArray_IsScalar(object, Generic));
  }

  [[noreturn]] static void refuse_identity(const py::object& object, const TracePlace& place) {
    place.refuse(with_article(type_text(object)) +
                 ", which tf.function tells apart by identity or by rules of its own; pass tensors, text, bytes, "
                 "numbers, None, or containers of them");
  }

  void eager_tensor(const py::object& object, Maker& maker, const TracePlace& place) {
    Description description;
    describe_eager_tensor(object, description);
    if (description.refusal || kind(description.dtype) == DTypeKind::handle) return refuse_identity(object, place);
    maker.tensor(description.dtype, description.view().dims);
  }

  // Which variable it is does not count, but whether it is one that came before does.
  void variable(const py::object& object, Maker& maker) {
    const py::object handle = object.attr("handle");
    std::size_t alias = 0;
    while (alias < variables_.size() && !variables_[alias].is(handle)) ++alias;
    if (alias == variables_.size()) variables_.push_back(handle);
    maker.variable(spec_of_symbolic_tensor(object), object.attr("trainable").cast<bool>(), alias);
  }

  // Asks for the size each time: code that runs meanwhile can change a list.
  void sequence(PyObject* object, Maker& maker, const TracePlace& place) {
    const bool is_list = PyList_Check(object);
    const auto size = [&] {
      return static_cast<std::size_t>(is_list ? PyList_GET_SIZE(object) : PyTuple_GET_SIZE(object));
    };
    maker.sequence(is_list ? TracePart::list : TracePart::tuple, size(), [&](Maker& inner) {
      for (std::size_t i = 0; i < size(); ++i) {
        const auto at = static_cast<Py_ssize_t>(i);
        const py::object held = borrowed(is_list ? PyList_GET_ITEM(object, at) : PyTuple_GET_ITEM(object, at));
        value(held.ptr(), inner, TracePlace(place, i));
      }
    });
  }

  void mapping(const py::object& object, Maker& maker, const TracePlace& place) {
    maker.dict([&](auto& items) {
      for (const py::handle entry : items_of(object)) {
        const auto [key, held] = pair_of(entry);
        item(key, held, items, place);
      }
    });
  }

  void named_tuple(const py::object& object, Maker& maker, const TracePlace& place) {
    fields(TracePart::named_tuple, object, py::tuple(object.attr("_fields")), maker, place);
  }

  void attrs(const py::object& object, Maker& maker, const TracePlace& place) {
    py::list names;
    for (const py::handle attribute : py::type::handle_of(object).attr("__attrs_attrs__")) {
      names.append(attribute.attr("name"));
    }
    fields(TracePart::attrs, object, py::tuple(names), maker, place);
  }

  void fields(TracePart kind, const py::object& object, const py::tuple& names, Maker& maker, const TracePlace& place) {
    maker.sequence(kind, names.size(), [&](Maker& inner) {
      inner.literal(text_of(py::type::handle_of(object).attr("__name__"), place).ptr());
      std::size_t index = 0;
      for (const py::handle name : names) {
        const py::object field = text_of(borrowed(name.ptr()), place);
        const py::object held =
            kind == TracePart::named_tuple ? py::object(object[py::int_(index++)]) : object.attr(field);
        inner.sequence(TracePart::pair, 2, [&](Maker& pair) {
          pair.literal(field.ptr());
          value(held.ptr(), pair, TracePlace(place, TracePlace::Step::field, field.ptr()));
        });
      }
    });
  }

  static py::object text_of(const py::object& name, const TracePlace& place) {
    if (!PyUnicode_Check(name.ptr())) place.refuse("an object with fields whose names are no text");
    return name;
  }

  // Classes of the user's own that take part in tf.nest.
  void custom_nest(const py::object& object, Maker& maker, const TracePlace& place) {
    const py::tuple parts = object.attr("__tf_flatten__")();
    if (parts.size() != 2) place.refuse("an object whose __tf_flatten__ gives no pair");
    maker.sequence(TracePart::custom_nest, 2, [&](Maker& inner) {
      inner.type(py::type::handle_of(object));
      value(py::object(parts[0]).ptr(), inner, TracePlace(place, std::size_t{0}));
      value(py::object(parts[1]).ptr(), inner, TracePlace(place, std::size_t{1}));
    });
  }

  std::vector<py::object> variables_;  // their handles, in the order of the walk

  std::size_t left_ = kMaxValues;
};

}  // namespace tensorgate::python
