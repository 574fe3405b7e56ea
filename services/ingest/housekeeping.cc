#include "ingest/housekeeping.h"

#include <algorithm>
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
  auto trimmed_at = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    absl::Status status = LookAtMemory();
    const auto interval = Pressed() ? options_.trim_under_pressure : options_.trim_interval;
    if (status.ok() && std::chrono::steady_clock::now() - trimmed_at >= interval) {
      status = TrimLogs();
      trimmed_at = std::chrono::steady_clock::now();
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

absl::Duration Housekeeping::KeepFor(Log log) const {
  return log == Log::kQuarantine || Pressed() ? std::min(options_.least, options_.retention) : options_.retention;
}

absl::Status Housekeeping::TrimLogs() {
  const auto now = std::chrono::system_clock::now();
  for (const LogId log : options_.logs) {
    const auto oldest = now - absl::ToChronoMilliseconds(KeepFor(log.log));
    if (const auto removed = Trim(*connection_, log, oldest); !removed.ok()) return removed.status();
  }
  return absl::OkStatus();
}

}  // namespace nara::ingest
