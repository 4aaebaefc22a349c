// Any bytes as a saved_model.pb: its signatures, or an error that is meant for the user.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/errors.h"
#include "serving/saved_model.h"

namespace {

const std::string& directory() {
  static const std::string path = std::filesystem::temp_directory_path().string();
  return path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::ofstream(directory() + "/saved_model.pb", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    tensorgate::serving::load_signatures({.path = directory()});
  } catch (const tensorgate::InvalidInput&) {
  } catch (const tensorgate::FileError&) {
  }
  return 0;
}
