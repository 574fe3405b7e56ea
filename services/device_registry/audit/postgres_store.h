// The audit in PostgreSQL: audit/schema.cc.
#pragma once

#include <vector>

#include "device_registry/audit/store.h"
#include "device_registry/database.h"

namespace nara::registry {

class PostgresAudit final : public AuditStore {
 public:
  // The database must outlive it.
  explicit PostgresAudit(Database& database) : database_(database) {}

  absl::StatusOr<std::vector<v1::Change>> ListChanges(const ChangeQuery& query) override;
  absl::StatusOr<std::vector<v1::IdentityRead>> ListReads(const ReadQuery& query) override;
  absl::StatusOr<std::int64_t> ForgetReads(TimePoint before, int limit) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
