#include "device_registry/responsibility/deadlines.h"

#include <chrono>

#include "common/log/log.h"

namespace nara::registry {
namespace {

constexpr std::chrono::seconds kEach{10};
constexpr char kSelf[] = "nara-device-registry";

std::int64_t CountOf(const std::map<int, std::int64_t>& counts, v1::HandOverState state) {
  const auto found = counts.find(state);
  return found == counts.end() ? 0 : found->second;
}

}  // namespace

absl::Status Deadlines::Round() {
  const Actor self{.id = kSelf, .via = {}, .reason = {}};
  const absl::StatusOr<int> expired = store_.MarkOverdue(self);
  if (!expired.ok()) return expired.status();
  metrics_.HandOversExpired(*expired);
  const absl::StatusOr<std::map<int, std::int64_t>> counts = store_.CountOpen();
  if (!counts.ok()) return counts.status();
  metrics_.HandOversOpen(CountOf(*counts, v1::HAND_OVER_STATE_PROPOSED), CountOf(*counts, v1::HAND_OVER_STATE_EXPIRED),
                         CountOf(*counts, v1::HAND_OVER_STATE_DISPUTED));
  return moves_.HandOutBegun(self).status();
}

void Deadlines::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void Deadlines::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Deadlines::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (const absl::Status done = Round(); !done.ok()) {
      log::Warn("deadlines", "what has become due is not looked at", {{"error", std::string(done.message())}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kEach, [] { return false; });
  }
}

}  // namespace nara::registry
