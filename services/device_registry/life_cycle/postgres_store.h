// The life cycle's store in PostgreSQL.
#pragma once

#include <string>
#include <vector>

#include "device_registry/database.h"
#include "device_registry/life_cycle/store.h"

namespace nara::registry {

class PostgresLifeCycle final : public LifeCycleStore {
 public:
  // The database must outlive it.
  explicit PostgresLifeCycle(Database& database) : database_(database) {}

  absl::StatusOr<v1::DeviceMove> Move(const Actor& actor, const v1::MoveDeviceRequest& request,
                                      const MoveDecision& decide) override;
  absl::Status Confirm(const Actor& actor, const v1::ConfirmTestRequest& request, const TestDecision& decide) override;
  absl::StatusOr<int> HandOutBegun(const Actor& actor) override;
  absl::StatusOr<std::vector<v1::DeviceMove>> History(const std::string& device, std::uint32_t after,
                                                      int limit) override;

 private:
  Database& database_;
};

}  // namespace nara::registry
