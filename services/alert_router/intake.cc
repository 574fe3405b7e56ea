#include "alert_router/intake.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace nara::alert {
namespace {

// The entry itself is at fault: taking it again would fail again.
bool IsRefused(const absl::Status& status) {
  return status.code() == absl::StatusCode::kInvalidArgument ||
         status.code() == absl::StatusCode::kFailedPrecondition || status.code() == absl::StatusCode::kInternal;
}

}  // namespace

std::size_t Intake::Ready(LogId log, const std::vector<LogEntry>& entries) {
  const uint64_t known = deps_.answers.route_revision();
  const auto waits = std::find_if(entries.begin(), entries.end(), [&](const LogEntry& entry) {
    return route_wait_.Holds(log, RouteRevisionOf(entry), known, deps_.clock.Monotonic());
  });
  return static_cast<std::size_t>(waits - entries.begin());
}

absl::Status Intake::Take(std::span<const LogSlice> slices) {
  const absl::Status taken = TakeTogether(slices);
  return IsRefused(taken) ? TakeSingly(slices) : taken;
}

absl::Status Intake::TakeTogether(std::span<const LogSlice> slices) {
  std::vector<std::string> outcomes;
  const absl::Status committed = deps_.ledger.Commit([&](Moves& moves) {
    outcomes.clear();
    std::vector<PositionStep> steps;
    for (const LogSlice& slice : slices) {
      for (const LogEntry& entry : slice.entries) {
        auto outcome = interpreter_.Apply(moves, slice.log, entry);
        if (!outcome.ok()) return outcome.status();
        outcomes.push_back(*std::move(outcome));
      }
      steps.push_back(slice.step);
    }
    return moves.rows().Advance(steps);
  });
  if (committed.ok()) Measure(slices, outcomes);
  return committed;
}

void Intake::Measure(std::span<const LogSlice> slices, const std::vector<std::string>& outcomes) {
  const int64_t now_ms = absl::ToUnixMillis(deps_.clock.Now());
  auto outcome = outcomes.begin();
  for (const LogSlice& slice : slices) {
    for (const LogEntry& entry : slice.entries) {
      deps_.metrics.Routed(*outcome);
      if (*outcome++ != "raised") continue;
      deps_.metrics.Offered(std::chrono::milliseconds(now_ms - static_cast<int64_t>(entry.position.ms)));
    }
  }
}

// One by one, so that the entry that the store refuses is found and the others are not held up by it.
absl::Status Intake::TakeSingly(std::span<const LogSlice> slices) {
  for (const LogSlice& slice : slices) {
    LogSlice single{slice.log, slice.step, {}};
    for (const LogEntry& entry : slice.entries) {
      single.step.to = entry.position.ToString();
      single.entries = {entry};
      absl::Status taken = TakeTogether({&single, 1});
      if (IsRefused(taken)) taken = TakeRefused(single, taken);
      if (!taken.ok()) return taken;
      single.step.lease.position = single.step.to;
    }
  }
  return absl::OkStatus();
}

absl::Status Intake::TakeRefused(const LogSlice& slice, const absl::Status& why) {
  log::Error("intake", "an entry of an alarm log cannot be routed",
             {{"shard", slice.log.shard}, {"position", slice.step.to}, {"error", why.ToString()}});
  deps_.metrics.Routed("unreadable");
  return deps_.ledger.Commit([&](Moves& moves) {
    const absl::Status raised = moves.RaiseTechnical({LogAsDevice(slice.log), kUnroutable, slice.step.to, ""}, "");
    return raised.ok() ? moves.rows().Advance({&slice.step, 1}) : raised;
  });
}

}  // namespace nara::alert
