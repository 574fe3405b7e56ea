#include "common/postgres/log_positions.h"

#include <unistd.h>

#include <random>

namespace nara {
namespace {

ShardLease LeaseOf(const Row& row) {
  return {row.String("log"), row.Int("shard"), row.Int64("fence"), row.String("position")};
}

std::vector<ShardLease> LeasesOf(const Result& result) {
  std::vector<ShardLease> leases;
  leases.reserve(result.size());
  for (const Row row : result) leases.push_back(LeaseOf(row));
  return leases;
}

}  // namespace

std::string UniqueHolder(const std::string& name) {
  return name + "-" + std::to_string(getpid()) + "-" + std::to_string(std::random_device{}());
}

absl::StatusOr<std::vector<ShardLease>> LogPositions::Acquire(PostgresConnection& connection, std::string_view log,
                                                              std::span<const int> shards,
                                                              std::chrono::milliseconds ttl) const {
  absl::StatusOr<Result> result = connection.Execute(
      "insert into log_positions as p (log, shard, holder, lease_until) "
      "select $1, shard, $2, clock_timestamp() + $4::bigint * interval '1 millisecond' "
      "from unnest($3::int[]) as shard order by shard "
      "on conflict (log, shard) do update set "
      "fence = case when p.holder = excluded.holder then p.fence else p.fence + 1 end, "
      "holder = excluded.holder, lease_until = excluded.lease_until "
      "where p.holder = excluded.holder or p.lease_until < clock_timestamp() "
      "returning log, shard, fence, position",
      {log, holder_, std::vector<int>(shards.begin(), shards.end()), ttl.count()});
  if (!result.ok()) return result.status();
  return LeasesOf(*result);
}

absl::Status LogPositions::Release(PostgresConnection& connection) const {
  return connection.Execute("update log_positions set lease_until = '-infinity' where holder = $1", {holder_}).status();
}

absl::Status LogPositions::Advance(Transaction& transaction, std::span<const PositionStep> steps) const {
  std::vector<std::string> logs, from, to;
  std::vector<int> shards;
  std::vector<std::int64_t> fences;
  for (const PositionStep& step : steps) {
    logs.push_back(step.lease.log);
    shards.push_back(step.lease.shard);
    fences.push_back(step.lease.fence);
    from.push_back(step.lease.position);
    to.push_back(step.to);
  }
  absl::StatusOr<Result> result = transaction.Execute(
      "update log_positions as p set position = s.next_position "
      "from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[]) "
      "as s (log, shard, fence, previous, next_position) "
      "where p.log = s.log and p.shard = s.shard and p.fence = s.fence and p.position = s.previous "
      "and p.holder = $6",
      {logs, shards, fences, from, to, holder_});
  if (!result.ok()) return result.status();
  if (result->affected() == steps.size()) return absl::OkStatus();
  return absl::AbortedError("log positions: another process writes " +
                            std::to_string(steps.size() - result->affected()) + " of these shards");
}

}  // namespace nara
