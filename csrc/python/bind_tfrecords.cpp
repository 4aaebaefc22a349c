#include <optional>

#include "python/bindings.h"
#include "python/limits_argument.h"
#include "serving/crc32c.h"
#include "serving/tfrecord.h"

namespace tensorgate::python {
namespace {

// A record of that size is read while others run Python.
constexpr std::uint64_t kReleaseBytes = std::uint64_t{1} << 20;

std::string path_argument(py::handle path) {
  PyObject* bytes = nullptr;
  if (!PyUnicode_FSConverter(path.ptr(), &bytes)) throw py::error_already_set();
  return py::reinterpret_steal<py::bytes>(bytes).cast<std::string>();
}

// An iterator over a file's records. The GIL guards it, and a mark where that is given away.
class RecordIterator {
 public:
  RecordIterator(const py::object& path, const py::object& limits) {
    reader_.emplace(path_argument(path), limits_argument(limits).max_request_bytes);
  }

  py::bytes next() {
    if (is_busy_) throw py::value_error("another thread is reading a record of this file");
    if (!reader_) throw py::stop_iteration();
    try {
      if (const auto length = reader_->next_length()) {
        const std::string_view record = *length < kReleaseBytes ? reader_->record() : large_record();
        return {record.data(), record.size()};
      }
    } catch (...) {
      reader_.reset();  // nothing behind damage can be believed
      throw;
    }
    reader_.reset();
    throw py::stop_iteration();
  }

 private:
  struct Mark {
    explicit Mark(bool& mark) : mark_(mark) { mark_ = true; }
    ~Mark() { mark_ = false; }
    bool& mark_;
  };

  std::string_view large_record() {
    const Mark mark(is_busy_);
    const py::gil_scoped_release released;
    return reader_->record();
  }

  std::optional<serving::RecordReader> reader_;
  bool is_busy_ = false;
};

}  // namespace

void bind_tfrecords(py::module_& m) {
  py::class_<RecordIterator>(m, "RecordIterator", py::is_final(), "The records of a TFRecord file, one after another.")
      .def(py::init<const py::object&, const py::object&>(), py::arg("path"), py::arg("limits") = py::none())
      .def("__iter__", [](const py::object& self) { return self; })
      .def("__next__", &RecordIterator::next);

  m.def(
      "_crc32c",
      [](const py::bytes& data, bool by_table) {
        return by_table ? serving::crc32c_by_table(data) : serving::crc32c(data);
      },
      py::arg("data"), py::kw_only(), py::arg("by_table") = false, "Return the CRC-32C of bytes.");
}

}  // namespace tensorgate::python
