#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "core/errors.h"
#include "serving/saved_model.h"

namespace tensorgate::serving {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "saved_model.pb";
constexpr const char* kContractFolder = "assets.extra";
constexpr const char* kContractFile = "tensorgate.json";

[[noreturn]] void fail(int error, const std::string& message, const fs::path& path) {
  throw FileError(error, message, path.string());
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored) && !fs::is_directory(path, ignored);
}

std::optional<std::int64_t> version_number(const std::string& name) {
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), version);
  if (error != std::errc() || end != name.data() + name.size() || version < 0) return std::nullopt;
  return version;
}

struct Versions {
  std::optional<std::int64_t> newest;
  fs::path newest_path;
  std::string seen;       // for messages
  std::size_t count = 0;  // of directories with a saved_model.pb
  std::size_t incomplete = 0;
  fs::path incomplete_path;  // one of those
};

constexpr std::size_t kVersionsShown = 8;

Versions versions_below(const fs::path& base, const std::optional<std::int64_t>& wanted) {
  Versions found;
  std::error_code error;
  fs::directory_iterator entries(base, error);
  if (error) fail(error.value(), error.message(), base);
  for (; entries != fs::directory_iterator(); entries.increment(error)) {
    if (error) fail(error.value(), error.message(), base);
    const auto version = version_number(entries->path().filename().string());
    if (!version) continue;
    if (!is_file(entries->path() / kFile)) {
      ++found.incomplete;
      found.incomplete_path = entries->path();
      continue;
    }
    if (++found.count <= kVersionsShown) found.seen += (found.count > 1 ? ", " : "") + std::to_string(*version);
    if (wanted && *version != *wanted) continue;
    if (!found.newest || *version > *found.newest) {
      found.newest = version;
      found.newest_path = entries->path();
    }
  }
  if (found.count > kVersionsShown) found.seen += ", ...";
  return found;
}

// Says so where a model is there in a form that can't be read.
void refuse_other_forms(const fs::path& path) {
  if (is_file(path / "saved_model.pbtxt")) {
    fail(ENOENT,
         "no saved_model.pb here, but a saved_model.pbtxt: load and save the model again to get the binary form", path);
  }
  if (is_file(path / "saved_model.cpb")) {
    fail(ENOENT, "no saved_model.pb here, but a chunked saved_model.cpb: save the model without the image format",
         path);
  }
}

[[noreturn]] void refuse_without_model(const fs::path& path, const Versions& versions) {
  refuse_other_forms(path);
  if (versions.incomplete > 0) {
    refuse_other_forms(versions.incomplete_path);
    fail(ENOENT, "no version below has a saved_model.pb yet (looked into " + std::to_string(versions.incomplete) + ")",
         path);
  }
  fail(ENOENT, "no saved_model.pb here and no numbered version below", path);
}

}  // namespace

std::string find_saved_model(const SavedModelQuery& query) {
  const fs::path path(query.path);
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) fail(error ? error.value() : ENOENT, "no such model directory", path);
  if (!fs::is_directory(status)) fail(ENOTDIR, "not a directory: pass the one that holds saved_model.pb", path);
  const bool is_version = is_file(path / kFile);
  if (is_version && !query.version) return query.path;
  const Versions versions = versions_below(path, query.version);
  if (versions.newest) return versions.newest_path.string();
  if (!query.version) refuse_without_model(path, versions);
  const std::string wanted = "no version " + std::to_string(*query.version) + " below";
  if (is_version) {
    // A path that is the wanted version itself.
    const fs::path named = path.filename().empty() ? path.parent_path() : path;
    if (version_number(named.filename().string()) == query.version) return query.path;
    fail(ENOENT, wanted + ": this is a version directory itself", path);
  }
  fail(ENOENT, wanted + (versions.count == 0 ? "" : "; there are " + versions.seen), path);
}

bool has_contract_file(const std::string& directory) {
  // A link to nowhere and a file that may not be looked at are no reason to take less of a contract: reading them
  // fails.
  std::error_code ignored;
  const fs::path folder = fs::path(directory) / kContractFolder;
  if (fs::symlink_status(folder / kContractFile, ignored).type() != fs::file_type::not_found) return true;
  return fs::is_symlink(folder, ignored) && fs::status(folder, ignored).type() == fs::file_type::not_found;
}

}  // namespace tensorgate::serving
