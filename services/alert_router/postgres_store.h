// The store in PostgreSQL, schema `alerts` (schema.h).
//
// Rows are locked by SELECT ... FOR UPDATE, due ones with SKIP LOCKED, and each
// write states the version that it started from: a router that slept writes
// nothing. Positions of logs move through common/postgres/log_positions.
#pragma once

#include <memory>

#include "alert_router/ports.h"
#include "common/postgres/pool.h"

namespace nara::alert {

class PostgresStore final : public Store {
 public:
  // Both must outlive it. The schema must be migrated before the first call.
  PostgresStore(PostgresPool& pool, const LogPositions& positions) : pool_(pool), positions_(positions) {}

  absl::Status Run(const std::function<absl::Status(Rows&)>& work) override;
  absl::StatusOr<AlertWithHistory> Get(const std::string& id) override;
  absl::StatusOr<std::vector<Alert>> List(const Query& query) override;
  absl::StatusOr<std::vector<Alert>> Offered(const std::string& receiver, const Place& after, int limit) override;
  absl::StatusOr<std::optional<std::chrono::microseconds>> UntilNextAction() override;
  absl::Status ForgetEnds(std::chrono::seconds age) override;

 private:
  PostgresPool& pool_;
  const LogPositions& positions_;
};

}  // namespace nara::alert
