#pragma once

#include <stdexcept>
#include <string>

namespace tensorgate {

// A contract or a file that can't be used as it is: the user's to mend. The text says what and where.
class InvalidInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A path that the operating system, or the layout of a SavedModel, refuses.
class FileError : public std::runtime_error {
 public:
  FileError(int error, const std::string& message, std::string path)
      : std::runtime_error(message), error_(error), path_(std::move(path)) {}

  int error() const { return error_; }  // an errno value
  const std::string& path() const { return path_; }

 private:
  int error_;
  std::string path_;
};

}  // namespace tensorgate
