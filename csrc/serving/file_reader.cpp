#include "serving/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/errors.h"

namespace tensorgate::serving {
namespace {

constexpr std::size_t kBufferSize = 16 * 1024;

[[noreturn]] void fail(int error, const std::string& path) { throw FileError(error, std::strerror(error), path); }

}  // namespace

FileReader::FileReader(const std::string& path) : path_(path), buffer_(kBufferSize) {
  // O_NONBLOCK, so that opening a pipe returns and can be refused.
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file_ < 0) fail(errno, path);
  struct stat status {};
  const bool known = ::fstat(file_, &status) == 0;
  const int error = !known ? errno : S_ISDIR(status.st_mode) ? EISDIR : S_ISREG(status.st_mode) ? 0 : EINVAL;
  if (error != 0) {
    ::close(file_);
    if (error == EINVAL) throw FileError(EINVAL, "not a regular file", path);
    fail(error, path);
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

FileReader::~FileReader() { ::close(file_); }

void FileReader::fill() {
  ssize_t got = 0;
  do {
    got = ::pread(file_, buffer_.data(), buffer_.size(), static_cast<off_t>(position_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) fail(errno, path_);
  if (got == 0) throw FileError(EIO, "the file shrank while it was read", path_);
  buffer_start_ = position_;
  buffer_end_ = position_ + static_cast<std::uint64_t>(got);
}

std::uint8_t FileReader::peek() {
  if (position_ < buffer_start_ || position_ >= buffer_end_) fill();
  return static_cast<std::uint8_t>(buffer_[position_ - buffer_start_]);
}

std::uint8_t FileReader::byte() {
  const std::uint8_t out = peek();
  ++position_;
  return out;
}

void FileReader::read(std::uint64_t length, std::string& out) {
  out.clear();
  out.reserve(length);
  while (length > 0) {
    if (position_ < buffer_start_ || position_ >= buffer_end_) fill();
    const std::uint64_t part = std::min(length, buffer_end_ - position_);
    out.append(buffer_.data() + (position_ - buffer_start_), part);
    position_ += part;
    length -= part;
  }
}

}  // namespace tensorgate::serving
