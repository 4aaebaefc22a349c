#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/signature.h"

namespace tensorgate::serving {

struct SavedModelQuery {
  std::string path;                     // a version directory, or the base path above numbered ones
  std::optional<std::int64_t> version;  // nothing: the newest
  std::vector<std::string> tags{"serve"};
};

// The directory that holds the saved_model.pb that the query means. The newest version is the highest integer
// whose directory has a saved_model.pb. Throws FileError.
std::string find_saved_model(const SavedModelQuery& query);

// True where a model's directory holds assets.extra/tensorgate.json, or where that can't be told.
bool has_contract_file(const std::string& directory);

// All signatures of that model by name, without TensorFlow and without reading its graph.
// Throws FileError and InvalidInput.
std::map<std::string, Signature> load_signatures(const SavedModelQuery& query);

// One of them; `signature` that is not there is an InvalidInput that names those that are.
Signature load_signature(const SavedModelQuery& query, const std::string& signature);

}  // namespace tensorgate::serving
