#pragma once

#include <pybind11/pybind11.h>

#include <utility>

namespace tensorgate::python {

// By the type: an object may lie about its __class__, or raise when asked for it.
inline bool is_mapping(pybind11::handle object) {
  if (PyDict_Check(object.ptr())) return true;
  const int found = PyObject_IsSubclass(pybind11::type::handle_of(object).ptr(),
                                        pybind11::module_::import("collections.abc").attr("Mapping").ptr());
  if (found < 0) throw pybind11::error_already_set();
  return found == 1;
}

// A list of the mapping's items, so that code that runs in between can't change what is walked over.
inline pybind11::object items_of(pybind11::handle mapping) {
  auto items = pybind11::reinterpret_steal<pybind11::object>(PyMapping_Items(mapping.ptr()));
  if (!items) throw pybind11::error_already_set();
  return items;
}

// An item's key and value; a mapping of the user's own may give anything.
inline std::pair<pybind11::object, pybind11::object> pair_of(pybind11::handle item) {
  if (!PyTuple_Check(item.ptr()) || PyTuple_GET_SIZE(item.ptr()) != 2) {
    PyErr_SetString(PyExc_TypeError, "an item of a mapping is no pair");
    throw pybind11::error_already_set();
  }
  return {pybind11::reinterpret_borrow<pybind11::object>(PyTuple_GET_ITEM(item.ptr(), 0)),
          pybind11::reinterpret_borrow<pybind11::object>(PyTuple_GET_ITEM(item.ptr(), 1))};
}

}  // namespace tensorgate::python
