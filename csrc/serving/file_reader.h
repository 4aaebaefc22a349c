#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tensorgate::serving {

// Reads a file forwards through one small buffer and seeks over what is skipped. Never a memory map: a file
// that is replaced in place would end the process with SIGBUS.
class FileReader {
 public:
  // Throws FileError where the path can't be opened or is no regular file.
  explicit FileReader(const std::string& path);
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t position() const { return position_; }

  // All stay within size(): the caller has checked. Throws FileError where the file has shrunk or can't be read.
  std::uint8_t peek();
  std::uint8_t byte();
  void read(std::uint64_t length, std::string& out);
  void skip(std::uint64_t length) { position_ += length; }

 private:
  void fill();

  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t buffer_start_ = 0;
  std::uint64_t buffer_end_ = 0;
  std::vector<char> buffer_;
};

}  // namespace tensorgate::serving
