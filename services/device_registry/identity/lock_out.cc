#include "device_registry/identity/lock_out.h"

#include <algorithm>
#include <utility>

#include "device_registry/identity/guard_list.h"

namespace nara::registry {

LockOut::LockOut(IdentityStore& store, GuardLink& link, Options options)
    : store_(store), link_(link), options_(std::move(options)) {}

LockOut::~LockOut() {
  Stop();
}

void LockOut::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void LockOut::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void LockOut::Connected() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  reachable_ = true;
  changed_.notify_all();
}

void LockOut::InForce(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  in_force_ = generation;
  changed_.notify_all();
}

bool LockOut::Changed(std::uint64_t revision, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  woken_ = true;
  wanted_ = std::max(wanted_, revision);
  changed_.notify_all();
  const auto obeyed = [&] { return in_force_ >= revision && Obeyed(); };
  changed_.wait_for(lock, limit, [&] { return !reachable_ || obeyed(); });
  return obeyed();
}

void LockOut::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (Due(stop)) Send();
    Report();
  }
}

bool LockOut::Due(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool obeyed = Obeyed();
  const auto patience = obeyed ? options_.refresh : options_.again;
  const bool told = changed_.wait_for(lock, stop, patience, [&] { return woken_ || Obeyed() != obeyed; });
  const bool due = woken_ || !told;
  woken_ = false;
  return due && !stop.stop_requested();
}

bool LockOut::Obeyed() const {
  return sent_ != 0 && in_force_ == sent_ && sent_ >= wanted_;
}

void LockOut::Send() {
  const absl::StatusOr<RevokedList> list = store_.ReadRevoked();
  if (!list.ok()) return;
  bool sent = true;
  for (const std::string& part : PartsOf(*list)) sent = sent && link_.Send(part).ok();
  const std::lock_guard lock(mutex_);
  if (sent) sent_ = list->generation;
  reachable_ = sent;
  changed_.notify_all();
}

void LockOut::Report() {
  bool obeyed = false;
  {
    const std::lock_guard lock(mutex_);
    obeyed = Obeyed();
  }
  if (obeyed == reported_) return;
  reported_ = obeyed;
  if (options_.report) options_.report(obeyed);
}

}  // namespace nara::registry
