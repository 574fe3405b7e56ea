// The import's store in PostgreSQL.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "device_registry/database.h"
#include "device_registry/life_cycle/import_store.h"

namespace nara::registry {

class PostgresImport final : public ImportStore {
 public:
  // The database must outlive it.
  explicit PostgresImport(Database& database) : database_(database) {}

  absl::StatusOr<std::optional<Staged>> Find(const std::string& import) override;
  absl::Status Stage(const Actor& actor, const std::string& import, const std::vector<v1::PortalLine>& lines) override;
  absl::Status Close(const std::string& import) override;
  absl::StatusOr<std::vector<StagedLine>> Lines(const std::string& import, std::uint32_t after, int limit) override;
  absl::StatusOr<KnownDevices> Known(const std::vector<std::string>& devices) override;
  absl::StatusOr<v1::ApplyImportResponse> Apply(const Actor& actor, const std::string& import,
                                                const PlanPiece& plan) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
