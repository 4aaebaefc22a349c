#include "python/batch_key.h"

#include <bit>
#include <cmath>

#include "python/trace_walk.h"

namespace tensorgate::python {
namespace {

std::uint64_t python_hash(PyObject* object) {
  const Py_hash_t hash = PyObject_Hash(object);
  if (hash == -1) throw py::error_already_set();
  return static_cast<std::uint64_t>(hash);
}

// Python's numbers by value: 1, 1.0, True and 1+0j are one, as they are in TensorFlow; so are all NaNs.
void add_integer(TraceHash& hash, PyObject* number) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
  if (overflow == 0) {
    if (value == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
    hash.begin(TracePart::integer);
    return hash.add(static_cast<std::uint64_t>(value));
  }
  // Its own hash would repeat every 2**61 - 1 numbers.
  const auto digits = py::reinterpret_steal<py::object>(PyNumber_ToBase(number, 16));
  if (!digits) throw py::error_already_set();
  hash.begin(TracePart::big_integer);
  hash.add(python_hash(digits.ptr()));
}

void add_real(TraceHash& hash, double number) {
  if (std::isnan(number)) return hash.begin(TracePart::nan);
  if (std::trunc(number) == number && !std::isinf(number)) {
    return add_integer(hash, py::reinterpret_steal<py::int_>(PyLong_FromDouble(number)).ptr());
  }
  hash.begin(TracePart::real);
  hash.add(std::bit_cast<std::uint64_t>(number));
}

void add_complex(TraceHash& hash, Py_complex number) {
  if (std::isnan(number.real) || std::isnan(number.imag)) return hash.begin(TracePart::nan);
  if (number.imag == 0) return add_real(hash, number.real);
  hash.begin(TracePart::complex);
  // The sum makes -0.0 the 0.0 that it equals.
  hash.add(std::bit_cast<std::uint64_t>(number.real + 0.0));
  hash.add(std::bit_cast<std::uint64_t>(number.imag));
}

// Makes a hash.
class KeyMaker {
 public:
  void tensor(DType dtype, std::span<const std::int64_t> dims) { hash_.tensor(dtype, dims); }

  void composite(const py::object& spec) {
    hash_.begin(TracePart::composite);
    hash_.add(python_hash(spec.ptr()));
  }

  void variable(const TensorSpec& spec, bool trainable, std::size_t alias) {
    hash_.begin(TracePart::variable, alias << 1 | (trainable ? 1 : 0));
    hash_.add(spec.shape.rank_known() ? 1 : 0);
    std::vector<std::int64_t> sizes;
    if (spec.shape.rank_known()) {
      for (const Dim& dim : spec.shape.dims()) sizes.push_back(dim.size.value_or(-1));
    }
    hash_.tensor(spec.dtype, sizes);
  }

  void type(py::handle type) { hash_.add(std::bit_cast<std::uintptr_t>(type.ptr())); }

  // A str's own hash is a keyed one of this process, and kept in the object.
  void literal(PyObject* value) {
    if (PyUnicode_Check(value)) {
      hash_.begin(TracePart::text);
      hash_.add(python_hash(value));
    } else if (PyLong_Check(value)) {
      add_integer(hash_, value);
    } else if (PyFloat_Check(value)) {
      add_real(hash_, PyFloat_AS_DOUBLE(value));
    } else if (PyComplex_Check(value)) {
      add_complex(hash_, PyComplex_AsCComplex(value));
    } else if (PyBytes_Check(value)) {
      hash_.begin(TracePart::bytes);
      hash_.add(python_hash(value));
    } else {
      hash_.begin(TracePart::none);
    }
  }

  template <class Body>
  void sequence(TracePart kind, std::size_t count, Body body) {
    hash_.begin(kind, count);
    body(*this);
  }

  // The sum of the items' hashes, so that their order does not count.
  class Items {
   public:
    // A str whose hash is at hand, as those of a dict's keys are. Calls nothing that would need the state of the hash
    // in memory.
    template <class Body>
    void add_named(PyObject* name, Body body) {
      KeyMaker maker;
      maker.hash_.add(static_cast<std::uint64_t>(reinterpret_cast<PyASCIIObject*>(name)->hash));
      body(maker);
      sum_ += maker.finish();
    }

    template <class Body>
    void add(PyObject* key, Body body) {
      if (PyUnicode_CheckExact(key)) {
        python_hash(key);  // one of a mapping that is no dict may not have been hashed before
        return add_named(key, body);
      }
      KeyMaker maker;
      maker.literal(key);
      body(maker);
      sum_ += maker.finish();
    }

   private:
    friend KeyMaker;
    std::uint64_t sum_ = 0;
  };

  template <class Body>
  void dict(Body body) {
    Items items;
    body(items);
    hash_.begin(TracePart::dict);
    hash_.add(items.sum_);
  }

  std::uint64_t finish() { return hash_.finish(); }

 private:
  TraceHash hash_;
};

}  // namespace

std::uint64_t batch_key(PyObject* batch) {
  KeyMaker maker;
  TraceWalk<KeyMaker>().value(batch, maker, {});
  return maker.finish();
}

}  // namespace tensorgate::python
