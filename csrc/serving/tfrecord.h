#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "serving/file_reader.h"

namespace tensorgate::serving {

// Reads a TFRecord file forwards: each record is its length (8 bytes, little-endian), the masked CRC-32C of that, the
// data and the data's. A length is believed once its checksum is right, it lies within the file and is allowed, so that
// damage never asks for memory.
//
// What goes wrong throws InvalidInput, which names the record and the byte where it begins, or FileError. Then there is
// nothing more to read.
class RecordReader {
 public:
  RecordReader(const std::string& path, std::uint64_t max_record_bytes)
      : file_(path), max_record_bytes_(max_record_bytes) {}

  // The length of the next record; nothing at the file's end.
  std::optional<std::uint64_t> next_length();
  // The record whose length that was; good until the next.
  std::string_view record();

 private:
  [[noreturn]] void fail(const std::string& what) const;
  std::uint32_t checksum();

  FileReader file_;
  std::uint64_t max_record_bytes_;
  std::uint64_t number_ = 0;  // of the record
  std::uint64_t start_ = 0;   // where it begins
  std::uint64_t length_ = 0;
  std::string bytes_;
};

}  // namespace tensorgate::serving
