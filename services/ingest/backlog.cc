#include "ingest/backlog.h"

#include <algorithm>
#include <string>

#include "common/log/log.h"
#include "common/redis/keys.h"
#include "common/time/pause.h"
#include "common/time/text.h"

namespace nara::ingest {
namespace {

constexpr std::string_view kLifeMs = "5000";

}  // namespace

void Backlog::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    do {
      const absl::Status status = Look();
      if (!status.ok()) log::Debug("backlog", "cannot tell", {{"error", ToStd(status.message())}});
    } while (Pause(stop, options_.interval));
  });
}

absl::Status Backlog::Look() {
  const absl::StatusOr<absl::Time> oldest = Oldest();
  if (!oldest.ok()) return oldest.status();
  const Arrival now = deps_.arrivals.Arrived();
  const absl::Duration age = std::max(now.at - *oldest, absl::ZeroDuration());
  deps_.metrics.OldestUnreleased(age);
  if (!options_.tell) return absl::OkStatus();
  if (*oldest == absl::InfiniteFuture()) return Tell(absl::UnixEpoch());
  // Who reads it goes by the machine's clock, right or wrong.
  return Tell(now.in_doubt ? deps_.machine.Now() - age : *oldest);
}

absl::StatusOr<absl::Time> Backlog::Oldest() const {
  absl::Time oldest = absl::InfiniteFuture();
  for (const auto& inbox : deps_.inboxes) {
    const absl::StatusOr<absl::Time> arrival = inbox->OldestArrival();
    if (!arrival.ok()) return arrival.status();
    oldest = std::min(oldest, *arrival);
  }
  return oldest;
}

absl::Status Backlog::Tell(absl::Time oldest) {
  if (connection_ == nullptr || connection_->broken()) {
    absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(*options_.tell);
    if (!made.ok()) return made.status();
    connection_ = *std::move(made);
  }
  const std::string value = std::to_string(absl::ToUnixMillis(oldest));
  return connection_->Call({"SET", kAlarmLagKey, value, "PX", kLifeMs}).status();
}

}  // namespace nara::ingest
