#pragma once

#include <pybind11/pybind11.h>

#include <array>
#include <cstdint>

namespace tensorgate::python {

// What was found out about types: a process meets few, over and over. Holds a reference to each, so that an address
// can't come to mean another type. The GIL guards it.
template <class Value>
class TypeCache {
 public:
  // `find` makes the value the first time, and again where another type has taken the place.
  template <class Find>
  Value get(PyTypeObject* type, Find find) {
    if (const Entry& entry = slot(type); entry.type == type) return entry.value;
    // Held from here on, as Python code may run now; for the same reason the slot is looked up again.
    auto held = pybind11::reinterpret_borrow<pybind11::object>(reinterpret_cast<PyObject*>(type));
    const Value found = find(type);
    Entry& entry = slot(type);
    PyTypeObject* evicted = entry.type;
    entry = {type, found};
    held.release();
    Py_XDECREF(evicted);
    return found;
  }

 private:
  struct Entry {
    PyTypeObject* type = nullptr;
    Value value{};
  };

  Entry& slot(PyTypeObject* type) { return entries_[(reinterpret_cast<std::uintptr_t>(type) >> 5) % entries_.size()]; }

  std::array<Entry, 32> entries_;
};

}  // namespace tensorgate::python
