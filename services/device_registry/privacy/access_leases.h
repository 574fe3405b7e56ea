// Who carries care data by which state of the rights: each process that confirmed one
// lately has a lease. A restriction is in force when every process has confirmed it or
// has no lease any more (docs/decisions/0011-blocks.md).
//
// A lease lasts for twice the time for which its holder relies on it, which counts from
// when it asked. Nobody who has not seen the last restriction gets one, or keeps one.
//
// Threads: all methods may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "nara/registry/v1/privacy.pb.h"

namespace nara::registry {

class AccessLeases {
 public:
  struct Options {
    std::chrono::milliseconds lease{2000};
    // For how long a process that has lost its lease is named.
    std::chrono::milliseconds remembered{60000};
  };

  explicit AccessLeases(Options options) : options_(options) {}

  // This registry begins to serve with the state at `revision`. The one before it may
  // have given leases that it does not know.
  void Begin(std::uint64_t revision);

  // The process decides by the state at `revision`; `shown` is what the watch is at.
  // FAILED_PRECONDITION, ACCESS_BEHIND, when that is older than the last restriction,
  // or comes from another history.
  absl::Status Confirm(const std::string& consumer, std::uint64_t revision, std::uint64_t shown);

  // A restriction was stored at `revision`: waits until nobody can deliver past it, for
  // a lease at most.
  v1::InForce WaitFor(std::uint64_t revision);

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Consumer {
    std::uint64_t revision = 0;
    Time until;
  };

  // When the last lease ends of those who have not confirmed `revision`.
  // REQUIRES: mutex_.
  Time LastLease(std::uint64_t revision) const;
  v1::InForce Outcome(std::uint64_t revision) const;
  void Forget(Time now);

  const Options options_;

  std::mutex mutex_;
  std::condition_variable confirmed_;
  // Protected by mutex_.
  std::map<std::string, Consumer> consumers_;
  std::uint64_t restricted_ = 0;  // the last restriction, or what was shown at the start
  Time unknown_until_;            // leases of another process may last until then
};

}  // namespace nara::registry
