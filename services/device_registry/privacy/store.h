// What the privacy rules need from PostgreSQL.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

struct ClientQuery {
  std::string client;  // empty: all
  std::string after;   // id; empty: from the first
  int limit = 0;
};

// Thread-safe.
class PrivacyStore {
 public:
  virtual ~PrivacyStore() = default;
  virtual absl::StatusOr<std::vector<v1::Client>> ListClients(const ClientQuery& query) = 0;
};

}  // namespace nara::registry
