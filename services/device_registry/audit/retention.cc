#include "device_registry/audit/retention.h"

#include <chrono>
#include <string>

#include "common/log/log.h"
#include "common/time/pause.h"

namespace nara::registry {
namespace {

constexpr std::chrono::minutes kEach{1};

}  // namespace

absl::Status Retention::Round() {
  const absl::StatusOr<std::int64_t> forgotten = store_.ForgetReads(absl::ToChronoTime(clock_.Now() - keep_), kPiece);
  if (!forgotten.ok()) return forgotten.status();
  metrics_.IdentityReadsForgotten(*forgotten);
  return absl::OkStatus();
}

void Retention::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    do {
      if (const absl::Status done = Round(); !done.ok()) {
        log::Warn("retention", "who looked at whom is kept longer", {{"error", std::string(done.message())}});
      }
    } while (Pause(stop, kEach));
  });
}

void Retention::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

}  // namespace nara::registry
