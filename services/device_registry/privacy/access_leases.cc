#include "device_registry/privacy/access_leases.h"

#include <algorithm>

#include "common/rpc/error.h"

namespace nara::registry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostConsumers = 1000;

absl::Status Behind() {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "ACCESS_BEHIND",
                    "this is not the state with the last restriction; follow WatchAccess, and confirm what it shows");
}

}  // namespace

void AccessLeases::Begin(std::uint64_t revision) {
  const std::lock_guard lock(mutex_);
  restricted_ = std::max(restricted_, revision);
  unknown_until_ = Clock::now() + options_.lease;
}

absl::Status AccessLeases::Confirm(const std::string& consumer, std::uint64_t revision, std::uint64_t shown) {
  const std::lock_guard lock(mutex_);
  if (revision < restricted_ || revision > shown) return Behind();
  const Time now = Clock::now();
  Forget(now);
  if (!consumers_.contains(consumer) && consumers_.size() >= kMostConsumers) {
    return rpc::Error(absl::StatusCode::kResourceExhausted, "TOO_MANY_CONSUMERS",
                      "more processes than can be counted on have confirmed; try again in a minute");
  }
  consumers_[consumer] = {.revision = revision, .until = now + options_.lease};
  confirmed_.notify_all();
  return absl::OkStatus();
}

v1::InForce AccessLeases::WaitFor(std::uint64_t revision) {
  std::unique_lock lock(mutex_);
  restricted_ = std::max(restricted_, revision);
  for (Time last = LastLease(revision); Clock::now() < last; last = LastLease(revision)) {
    confirmed_.wait_until(lock, last);
  }
  return Outcome(revision);
}

AccessLeases::Time AccessLeases::LastLease(std::uint64_t revision) const {
  Time last = unknown_until_;
  for (const auto& [name, consumer] : consumers_) {
    if (consumer.revision < revision) last = std::max(last, consumer.until);
  }
  return last;
}

v1::InForce AccessLeases::Outcome(std::uint64_t revision) const {
  v1::InForce outcome;
  for (const auto& [name, consumer] : consumers_) {
    if (consumer.revision < revision) {
      outcome.add_lease_ended(name);
    } else if (Clock::now() < consumer.until) {
      outcome.set_confirmed(outcome.confirmed() + 1);
    }
  }
  return outcome;
}

void AccessLeases::Forget(Time now) {
  std::erase_if(consumers_, [&](const auto& entry) { return entry.second.until + options_.remembered < now; });
}

}  // namespace nara::registry
