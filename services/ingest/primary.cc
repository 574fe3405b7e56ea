#include "ingest/primary.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace nara::ingest {
namespace {

absl::Time ClockOf(const RedisHistory& history) {
  return absl::UnixEpoch() + absl::FromChrono(history.clock);
}

}  // namespace

Primary::Primary(PrimaryOptions options, const Clock& clock, Metrics& metrics)
    : options_(std::move(options)), clock_(clock), metrics_(metrics), replicas_(options_.replicas) {}

absl::Status Primary::Look(RedisConnection& connection) {
  const absl::Duration asked = clock_.Monotonic();
  const absl::StatusOr<RedisHistory> history = ReadHistory(connection);
  if (!history.ok()) return history.status();
  if (!history->primary) return absl::UnavailableError("redis: the server is not the primary");
  CountReplicas(history->replicas, asked);
  if (history->id != history_) {
    if (absl::Status status = TakeOver(connection, *history); !status.ok()) return status;
  }
  lead_ = ClockOf(*history) - absl::UnixEpoch() - asked;
  connection.RequireReplicas(replicas_);
  metrics_.ReplicasRequired(replicas_);
  return absl::OkStatus();
}

absl::Status Primary::TakeOver(RedisConnection& connection, const RedisHistory& history) {
  if (!history_.empty()) {
    log::Warn("redis", "another history of the logs, what was receipted last is appended again",
              {{"replicas", history.replicas}});
    replicas_ = std::min(options_.replicas, history.replicas);
  }
  connection.RequireReplicas(replicas_);
  const auto passed = absl::ToChronoMilliseconds(OldClock() - absl::UnixEpoch()) + std::chrono::milliseconds(1);
  if (absl::Status status = ContinueBehind(connection, options_.logs, passed); !status.ok()) return status;
  history_ = history.id;
  changed_ = true;
  return absl::OkStatus();
}

absl::Time Primary::OldClock() const {
  return history_.empty() ? clock_.Now() : absl::UnixEpoch() + lead_ + clock_.Monotonic();
}

void Primary::CountReplicas(int connected, absl::Duration now) {
  if (connected >= options_.replicas) {
    fewer_since_ = absl::InfiniteDuration();
    replicas_ = options_.replicas;
    return;
  }
  fewer_since_ = std::min(fewer_since_, now);
  if (now - fewer_since_ < options_.alone_after || connected == replicas_) return;
  log::Warn("redis", "fewer replicas have what is receipted", {{"connected", connected}});
  replicas_ = connected;
}

}  // namespace nara::ingest
