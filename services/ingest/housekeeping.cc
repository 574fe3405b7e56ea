#include "ingest/housekeeping.h"

#include <algorithm>

#include "common/log/log.h"
#include "common/redis/retention.h"
#include "common/time/pause.h"
#include "common/time/text.h"

namespace nara::ingest {

void Housekeeping::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    do {
      const absl::Status status = Look();
      if (!status.ok()) log::Debug("housekeeping", "Redis did not answer", {{"error", ToStd(status.message())}});
    } while (Pause(stop, absl::ToChronoMilliseconds(options_.memory_interval)));
  });
}

absl::Status Housekeeping::Look() {
  absl::Status status = LookAtMemory();
  const absl::Duration interval = Pressed() ? options_.trim_under_pressure : options_.trim_interval;
  if (status.ok() && clock_.Monotonic() - trimmed_at_ >= interval) {
    status = TrimLogs();
    trimmed_at_ = clock_.Monotonic();
  }
  if (!status.ok()) connection_.reset();
  return status;
}

absl::Status Housekeeping::Connect() {
  if (connection_) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options_.redis);
  if (!made.ok()) return made.status();
  connection_ = *std::move(made);
  return absl::OkStatus();
}

absl::Status Housekeeping::LookAtMemory() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  const absl::StatusOr<RedisMemory> memory = ReadMemory(*connection_);
  if (!memory.ok()) return memory.status();
  const bool was_full = memory_.full();
  memory_.fraction = memory->fraction();
  if (memory_.full() && !was_full) {
    log::Error("housekeeping", "Redis has used its memory up to this lane's limit, appending stops",
               {{"used", memory->used}, {"limit", memory->limit}});
  }
  return absl::OkStatus();
}

absl::Duration Housekeeping::KeepFor(Log log) const {
  return log == Log::kQuarantine || Pressed() ? std::min(options_.least, options_.retention) : options_.retention;
}

absl::Status Housekeeping::TrimLogs() {
  const absl::Time now = clock_.Now();
  absl::Status status;
  for (const LogId log : options_.logs) {
    const auto oldest = absl::ToChronoTime(now - KeepFor(log.log));
    // A server without memory says so for each log, and frees some all the same.
    status.Update(Trim(*connection_, log, oldest).status());
  }
  return status;
}

}  // namespace nara::ingest
