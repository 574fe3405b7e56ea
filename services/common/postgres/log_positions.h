#pragma once

// Who writes the effects of a log, and how far they are: one row for each log and
// shard in the consumer's own schema.
//
// A holder takes the lease of a shard; each change of holder raises the fence. The
// position moves in the transaction of the effect, and only from where its writer
// thinks it stands, with its fence: of two who believe to hold a shard only one
// commits. Leases run by PostgreSQL's clock alone.

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/postgres/connection.h"
#include "common/postgres/transaction.h"

namespace nara {

// The table, for the consumer's first migration (concatenate it into its sql).
inline constexpr std::string_view kLogPositionsSql = R"sql(
create table log_positions (
  log         text not null,
  shard       int not null check (shard between 0 and 15),
  position    text not null default '0-0',
  holder      text not null,
  fence       bigint not null default 1,
  lease_until timestamptz not null,
  primary key (log, shard)
);
)sql";

// A shard's log that is ours for a while.
struct ShardLease {
  std::string log;  // "alarm", "measurement", "quarantine"
  int shard = 0;
  std::int64_t fence = 0;
  std::string position;  // where its effects stand, as Position::ToString writes it
};

// A step of one shard's position.
struct PositionStep {
  ShardLease lease;  // its position is where the step starts
  std::string to;
};

// A holder's name for a process of this name, another one for each start: a lease of
// one that was killed is never taken for ours.
std::string UniqueHolder(const std::string& name);

class LogPositions {
 public:
  // `holder` names this process, unique among all that run and for each start.
  explicit LogPositions(std::string holder) : holder_(std::move(holder)) {}

  // Takes every lease of `shards` that is free, expired or already ours, and renews
  // it; the ones it got. Call it at a third of `ttl`. Positions are fresh from the
  // table.
  absl::StatusOr<std::vector<ShardLease>> Acquire(PostgresConnection& connection, std::string_view log,
                                                  std::span<const int> shards, std::chrono::milliseconds ttl) const;

  // Gives up what we hold, so that the next holder need not wait.
  absl::Status Release(PostgresConnection& connection) const;

  // Moves positions inside the transaction of their effects. Aborted when any of
  // them has another fence, holder or position than stated: somebody else writes
  // that shard; roll back, forget the lease. An expired lease that nobody took is
  // still good: the fence decides, not the clock.
  absl::Status Advance(Transaction& transaction, std::span<const PositionStep> steps) const;

 private:
  const std::string holder_;
};

}  // namespace nara
