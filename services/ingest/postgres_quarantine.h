// Quarantine in PostgreSQL, schema `ingest`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/postgres/connection.h"
#include "common/postgres/pool.h"
#include "common/postgres/transaction.h"
#include "ingest/quarantine.h"

namespace nara::ingest {

class PostgresQuarantineStore final : public QuarantineStore {
 public:
  // `holder` names this process and start; each device keeps its `per_device` newest rows.
  PostgresQuarantineStore(PostgresOptions options, std::string holder, int per_device);
  ~PostgresQuarantineStore() override;

  absl::StatusOr<std::vector<ShardLease>> Acquire() override;
  absl::Status Store(const std::vector<QuarantineRow>& rows, const PositionStep& step) override;

 private:
  absl::Status Connect();
  absl::Status Insert(Transaction& transaction, const std::vector<QuarantineRow>& rows) const;
  absl::Status DropOldest(Transaction& transaction, const std::vector<QuarantineRow>& rows) const;

  const PostgresOptions options_;
  const LogPositions positions_;
  const int per_device_;
  std::unique_ptr<PostgresConnection> connection_;
};

class PostgresQuarantineShelf final : public QuarantineShelf {
 public:
  explicit PostgresQuarantineShelf(PostgresOptions options) : pool_(std::move(options), 2) {}

  absl::StatusOr<QuarantinePage> List(const QuarantineQuery& query, const Scope& scope) override;
  absl::StatusOr<QuarantineRow> Get(const std::string& id) override;
  absl::Status Audit(const std::string& id, const std::string& caller) override;
  absl::StatusOr<ReplayOutcome> Replay(const HeldQuery& query, const Decider& decider, const Deliver& deliver) override;
  absl::StatusOr<std::vector<std::string>> Discard(const std::vector<std::string>& ids,
                                                   const Decider& decider) override;

 private:
  PostgresPool pool_;
};

// Brings the schema up to date. Unavailable when PostgreSQL cannot be reached.
absl::Status PrepareSchema(const PostgresOptions& options);

}  // namespace nara::ingest
