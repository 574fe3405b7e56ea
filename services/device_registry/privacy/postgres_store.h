#pragma once

#include <vector>

#include "device_registry/database.h"
#include "device_registry/privacy/store.h"

namespace nara::registry {

class PostgresPrivacyStore final : public PrivacyStore {
 public:
  // The database must outlive it.
  explicit PostgresPrivacyStore(Database& database) : database_(database) {}

  absl::StatusOr<std::vector<v1::Client>> ListClients(const ClientQuery& query) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
