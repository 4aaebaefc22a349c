#pragma once

#include <pybind11/pybind11.h>

#include <cstddef>
#include <memory>
#include <utility>

#include "python/errors.h"

namespace tensorgate::python {

// What a raw CPython type is made of beyond its state.
struct RawTypeParts {
  const char* name;
  const char* doc;
  newfunc construct;
  reprfunc repr;
  PyMethodDef* methods;
  PyGetSetDef* properties;
};

// A final, immutable CPython heap type whose objects hold a State. For the few types whose methods are called so
// often that pybind11's dispatch would cost more than the method.
template <class State>
class RawType {
 public:
  struct Object {
    PyObject head;
    State state;
  };

  inline static PyTypeObject* type = nullptr;  // set by create(), once, at import
  using Equal = bool (*)(const State&, const State&);
  using HashOf = std::size_t (*)(const State&);

  static py::object create(const RawTypeParts& parts, Equal equal, HashOf hash_of) {
    equal_ = equal;
    hash_of_ = hash_of;
    PyType_Slot slots[] = {
        {Py_tp_doc, const_cast<char*>(parts.doc)},
        {Py_tp_new, reinterpret_cast<void*>(parts.construct)},
        {Py_tp_dealloc, reinterpret_cast<void*>(&destroy)},
        {Py_tp_repr, reinterpret_cast<void*>(parts.repr)},
        {Py_tp_hash, reinterpret_cast<void*>(&hash)},
        {Py_tp_richcompare, reinterpret_cast<void*>(&compare)},
        {Py_tp_methods, parts.methods},
        {Py_tp_getset, parts.properties},
        {0, nullptr},
    };
    PyType_Spec spec{parts.name, static_cast<int>(sizeof(Object)), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
                     slots};
    auto made = py::reinterpret_steal<py::object>(PyType_FromSpec(&spec));
    if (!made) throw py::error_already_set();
    type = reinterpret_cast<PyTypeObject*>(made.inc_ref().ptr());
    return made;
  }

  template <class... Args>
  static py::object make(PyTypeObject* of, Args&&... args) {
    auto object = py::reinterpret_steal<py::object>(of->tp_alloc(of, 0));
    if (!object) throw py::error_already_set();
    try {
      std::construct_at(&reinterpret_cast<Object*>(object.ptr())->state, std::forward<Args>(args)...);
    } catch (...) {
      // There is no State to destroy: give the memory back without destroy().
      of->tp_free(object.release().ptr());
      Py_DECREF(of);
      throw;
    }
    return object;
  }

  static bool is(py::handle object) { return Py_IS_TYPE(object.ptr(), type); }
  static State& state(PyObject* object) { return reinterpret_cast<Object*>(object)->state; }

 private:
  static void destroy(PyObject* self) {
    PyTypeObject* own_type = Py_TYPE(self);
    std::destroy_at(&state(self));
    own_type->tp_free(self);
    Py_DECREF(own_type);
  }

  static Py_hash_t hash(PyObject* self) {
    const auto value = static_cast<Py_hash_t>(hash_of_(state(self)));
    return value == -1 ? -2 : value;
  }

  static PyObject* compare(PyObject* self, PyObject* other, int op) {
    if (!is(other) || (op != Py_EQ && op != Py_NE)) return Py_NewRef(Py_NotImplemented);
    return PyBool_FromLong(equal_(state(self), state(other)) == (op == Py_EQ));
  }

  inline static Equal equal_ = nullptr;
  inline static HashOf hash_of_ = nullptr;
};

// What __reduce__ returns so that unpickling calls the type with these arguments.
inline py::object reduced(py::handle self, const py::object& args, const py::object& kwargs) {
  const py::object make = py::module_::import("copyreg").attr("__newobj_ex__");
  return py::make_tuple(make, py::make_tuple(py::type::handle_of(self), args, kwargs));
}

inline PyObject* return_self(PyObject* self, PyObject*) { return Py_NewRef(self); }

}  // namespace tensorgate::python
