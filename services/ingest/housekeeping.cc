#include "ingest/housekeeping.h"

#include <condition_variable>
#include <mutex>

#include "common/log/log.h"
#include "common/redis/retention.h"
#include "common/time/text.h"

namespace nara::ingest {

void Housekeeping::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Housekeeping::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  auto trim_at = std::chrono::steady_clock::now() + options_.trim_interval;
  while (!stop.stop_requested()) {
    absl::Status status = LookAtMemory();
    if (status.ok() && std::chrono::steady_clock::now() >= trim_at) {
      status = TrimLogs();
      trim_at = std::chrono::steady_clock::now() + options_.trim_interval;
    }
    if (!status.ok()) {
      log::Debug("housekeeping", "Redis did not answer", {{"error", ToStd(status.message())}});
      connection_.reset();
    }
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, options_.memory_interval, [] { return false; });
  }
}

absl::Status Housekeeping::Connect() {
  if (connection_) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<RedisConnection>> made = RedisConnection::Connect(options_.redis);
  if (made.ok()) connection_ = *std::move(made);
  return made.status();
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

absl::Status Housekeeping::TrimLogs() {
  const auto oldest = std::chrono::system_clock::now() - absl::ToChronoMilliseconds(options_.retention);
  for (const LogId log : options_.logs) {
    if (const auto removed = Trim(*connection_, log, oldest); !removed.ok()) return removed.status();
  }
  return absl::OkStatus();
}

}  // namespace nara::ingest
