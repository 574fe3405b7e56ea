#include "device_registry/change_follower.h"

#include <utility>

namespace nara::registry {

ChangeFollower::ChangeFollower(ChangeSource& source, Feeds& feeds, Options options)
    : source_(source), feeds_(feeds), options_(std::move(options)) {}

ChangeFollower::~ChangeFollower() {
  Stop();
}

absl::Status ChangeFollower::Start() {
  if (absl::Status status = Follow(); !status.ok()) return status;
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  return absl::OkStatus();
}

void ChangeFollower::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

bool ChangeFollower::WaitFor(std::uint64_t revision, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return wake_.wait_for(lock, limit, [&] { return shown_ >= revision; });
}

void ChangeFollower::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ChangeFollower::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      const auto patience = feeds_.behind() ? options_.gather : options_.heartbeat;
      if (wake_.wait_for(lock, stop, patience, [this] { return woken_; })) {
        wake_.wait_for(lock, stop, options_.gather, [] { return false; });
      }
      woken_ = false;
    }
    const absl::Status status = Follow();
    if (status.ok() != last_status_.ok() && options_.report) options_.report(status);
    last_status_ = status;
  }
}

absl::Status ChangeFollower::Follow() {
  absl::StatusOr<Changes> changes = source_.ReadAfter(feeds_.routes.table().revision());
  if (!changes.ok()) {
    if (options_.shown) options_.shown(changes.status());
    return changes.status();
  }
  const std::uint64_t revision = changes->revision;
  Show(*std::move(changes));
  if (options_.shown) options_.shown(revision);
  const std::lock_guard lock(mutex_);
  shown_ = revision;
  wake_.notify_all();
  return absl::OkStatus();
}

void ChangeFollower::Show(Changes changes) {
  const auto now = std::chrono::steady_clock::now();
  const bool heartbeat = now - last_heartbeat_ >= options_.heartbeat;
  if (heartbeat) last_heartbeat_ = now;
  // Rights first: whoever is revoked is cut off before anything new goes out.
  feeds_.access.Publish(std::move(changes.clients), std::move(changes.privacy), changes.revision, heartbeat);
  feeds_.chains.Publish(std::move(changes.chains), std::move(changes.plans), changes.revision, heartbeat);
  feeds_.routes.Publish(std::move(changes.routes), changes.revision, heartbeat);
}

}  // namespace nara::registry
