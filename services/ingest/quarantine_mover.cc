#include "ingest/quarantine_mover.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/routes/timeline.h"
#include "common/time/pause.h"
#include "common/time/text.h"

namespace nara::ingest {
namespace {

constexpr std::chrono::milliseconds kBlock{1'000};
constexpr std::chrono::milliseconds kPause{500};
constexpr std::chrono::seconds kRenew{5};

}  // namespace

void QuarantineMover::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void QuarantineMover::Run(const std::stop_token& stop) {
  auto renew_at = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    absl::Status status;
    if (std::chrono::steady_clock::now() >= renew_at) {
      status = Renew();
      if (status.ok()) renew_at = std::chrono::steady_clock::now() + kRenew;
    }
    if (status.ok() && !leases_.empty()) status = Move(kBlock);
    if (status.ok() && !leases_.empty()) continue;
    if (!status.ok()) {
      log::Warn("quarantine", "cannot carry quarantine to PostgreSQL, trying again",
                {{"error", ToStd(status.message())}});
      renew_at = std::chrono::steady_clock::now();
    }
    Pause(stop, kPause);
  }
}

absl::Status QuarantineMover::Renew() {
  absl::StatusOr<std::vector<ShardLease>> ours = store_.Acquire();
  if (!ours.ok()) return ours.status();
  std::map<int, ShardLease> leases;
  for (ShardLease& lease : *ours) {
    const auto known = leases_.find(lease.shard);
    const bool unchanged = known != leases_.end() && known->second.position == lease.position;
    if (!unchanged) {
      const absl::StatusOr<Position> position = Position::Parse(lease.position);
      if (!position.ok()) return position.status();
      source_.Follow(lease.shard, *position);
      source_.Commit({{{lease.shard, Log::kQuarantine}, *position}});
    }
    leases[lease.shard] = std::move(lease);
  }
  for (const auto& [shard, lease] : leases_) {
    if (!leases.contains(shard)) source_.Unfollow(shard);
  }
  leases_ = std::move(leases);
  return absl::OkStatus();
}

absl::Status QuarantineMover::Move(std::chrono::milliseconds block) {
  const absl::StatusOr<std::vector<LogBatch>> batches = source_.Read(block);
  if (!batches.ok()) return batches.status();
  std::map<LogId, Position> done;
  for (const LogBatch& batch : *batches) {
    if (batch.entries.empty() || !leases_.contains(batch.log.shard)) continue;
    if (absl::Status status = Carry(batch); !status.ok()) {
      // What was read is read again from the position that is stored.
      for (const auto& [shard, lease] : leases_) source_.Unfollow(shard);
      leases_.clear();
      return status;
    }
    done[batch.log] = batch.entries.back().position;
  }
  if (!done.empty()) source_.Commit(done);
  return absl::OkStatus();
}

absl::Status QuarantineMover::Carry(const LogBatch& batch) {
  std::vector<QuarantineRow> rows;
  for (const LogEntry& entry : batch.entries) rows.push_back(RowOf(batch.log.shard, entry));
  ShardLease& lease = leases_.at(batch.log.shard);
  const PositionStep step{lease, batch.entries.back().position.ToString()};
  if (absl::Status status = store_.Store(rows, step); !status.ok()) return status;
  lease.position = step.to;
  metrics_.Moved(rows.size());
  return absl::OkStatus();
}

QuarantineRow QuarantineMover::RowOf(int shard, const LogEntry& entry) const {
  QuarantineRow row;
  if (!row.record.ParseFromString(entry.payload)) {
    row.record.Clear();
    row.record.set_reason("unreadable");
    row.record.set_detail("an entry of the quarantine log that is no nara.ingest.v1.Quarantined");
    row.record.set_payload(entry.payload);
  }
  row.record.set_id(absl::StrCat(ShardText(shard), "-", entry.position.ToString()));
  const auto route = routes_.Find(row.record.device());
  if (!route) return row;
  row.owner = route->owner();
  const auto* assignment = FindAssignment(*route, row.record.assignment());
  if (assignment == nullptr) return row;
  const auto* care = ResponsibleAt(*assignment, nara::registry::v1::PURPOSE_CARE, row.record.effective_at());
  if (care == nullptr) return row;
  row.principal = care->principal();
  row.unit = care->unit();
  return row;
}

}  // namespace nara::ingest
