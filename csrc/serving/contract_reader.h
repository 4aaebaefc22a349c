#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "serving/file_reader.h"
#include "serving/wire.h"

namespace tensorgate::serving {

// The bytes of a SavedModel's file. Failures are InvalidInput, with the file's name.
class ContractSource {
 public:
  static constexpr const char* kSuspicion = ": truncated or not a SavedModel";

  explicit ContractSource(FileReader& file) : file_(file) {}

  std::uint64_t size() const { return file_.size(); }
  std::uint64_t position() const { return file_.position(); }
  std::uint8_t peek() { return file_.peek(); }
  std::uint8_t byte() { return file_.byte(); }
  void skip(std::uint64_t count) { file_.skip(count); }
  void read(std::uint64_t count, std::string& out) { file_.read(count, out); }
  void enter();

  // Counts memory that what was read will take against a limit far above any real signature.
  void charge(std::uint64_t bytes);

  [[noreturn]] void fail_at(std::uint64_t position, const std::string& what) const;

 private:
  FileReader& file_;
  std::uint64_t contract_bytes_ = 0;
};

// Reads the part of a SavedModel that is its contract, in bounded memory.
class ContractReader : public WireReader<ContractSource> {
 public:
  explicit ContractReader(FileReader& file) : WireReader<ContractSource>(file) {}

  void charge(std::uint64_t bytes) { source().charge(bytes); }
  std::string bytes();
  // As bytes(), and UTF-8: proto3 refuses a string field that is not.
  std::string utf8(std::string_view what);
};

}  // namespace tensorgate::serving
