// The store in PostgreSQL, schema `registry` (schema.cc).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/postgres/connection.h"
#include "device_registry/database.h"
#include "device_registry/ports.h"

namespace nara::registry {

class PostgresStore final : public Store {
 public:
  // The database must outlive it.
  explicit PostgresStore(Database& database) : database_(database) {}

  // Makes the principals those of the catalogue; the database is prepared already.
  absl::Status Prepare(const Catalogue& catalogue);

  absl::StatusOr<std::vector<DeviceTally>> CountDevices() override;
  absl::StatusOr<std::map<std::string, v1::Unit>> FindUnits(const std::vector<std::string>& ids) override;
  absl::StatusOr<std::vector<v1::Device>> ListDevices(const DeviceQuery& query) override;
  absl::StatusOr<std::map<std::string, v1::Device>> FindDevices(const std::vector<std::string>& ids) override;
  absl::StatusOr<std::optional<std::string>> FindResident(const std::string& id) override;
  absl::StatusOr<std::optional<Answerers>> FindAnswerers(const std::string& resident) override;

  absl::StatusOr<std::vector<v1::Device>> RegisterDevices(const Actor& actor,
                                                          const std::vector<v1::Device>& devices) override;
  absl::Status RecordCertificates(const Actor& actor, const std::vector<IssuedCertificate>& issued) override;
  absl::Status CreateResident(const Actor& actor, const std::string& id, const std::string& principal) override;
  absl::StatusOr<v1::Client> PutClient(const Actor& actor, const v1::Client& client) override;

 private:
  absl::Status AddRunning(std::vector<v1::Device>& devices);

  Database& database_;
};

// The changes, read as one consistent state over a connection of its own, which is
// made again when it breaks.
class PostgresChanges final : public ChangeSource {
 public:
  explicit PostgresChanges(PostgresOptions options) : options_(std::move(options)) {}

  absl::StatusOr<Changes> ReadAfter(std::uint64_t revision) override;

 private:
  const PostgresOptions options_;
  std::unique_ptr<PostgresConnection> connection_;
};

}  // namespace nara::registry
