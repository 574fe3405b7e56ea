#pragma once

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/http/message.h"

namespace nara::gateway {

// The built web app, read into memory at start: a request never names a file of the machine. Hashed assets may be kept
// for ever, index.html never. All responses with a file share its text.
class StaticFiles {
 public:
  // NOT_FOUND when the folder holds no index.html.
  static absl::StatusOr<StaticFiles> Load(const std::string& folder);

  // The file; index.html for "/"; NOT_FOUND for anything else.
  absl::StatusOr<Response> Get(const std::string& path) const;

 private:
  std::map<std::string, Response> files_;  // by path
};

}  // namespace nara::gateway
