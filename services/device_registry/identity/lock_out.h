// Tells the MQTT server's guard who is revoked until it obeys: after each change, at
// each connect, and again while what it says that it holds is not what was sent.
// Why whole lists, and why by MQTT: docs/decisions/0009-revocation.md.
//
// Threads: one of its own. All methods may be called from any; Connected and InForce
// do not block.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "device_registry/identity/store.h"

namespace nara::registry {

// The way to the guard.
class GuardLink {
 public:
  virtual ~GuardLink() = default;
  // Unavailable while the MQTT server is not there.
  virtual absl::Status Send(const std::string& part) = 0;
};

class LockOut {
 public:
  struct Options {
    // Until what is not in force is sent again: twice of it passes before a guard that
    // lost a part has the list.
    std::chrono::milliseconds again{2000};
    // Until what is in force is sent again, without those who have expired.
    std::chrono::milliseconds refresh{std::chrono::minutes(10)};
    // Told when the list in force is (no more) the newest.
    std::function<void(bool in_force)> report;
  };

  // Store and link must outlive it.
  LockOut(IdentityStore& store, GuardLink& link, Options options);
  ~LockOut();
  LockOut(const LockOut&) = delete;
  LockOut& operator=(const LockOut&) = delete;

  void Start();
  // Idempotent.
  void Stop();

  // The guard is within reach, and perhaps another one than before.
  void Connected();
  // The guard obeys this list.
  void InForce(std::uint64_t generation);

  // The list has changed at `revision`: sends it, and waits for the guard. False when
  // it has not said within `limit` that it obeys, and at once while it is out of
  // reach: no caller pays for an MQTT server that is away.
  bool Changed(std::uint64_t revision, std::chrono::milliseconds limit);

 private:
  void Run(const std::stop_token& stop);
  // Waits. True when the list is to be sent.
  bool Due(const std::stop_token& stop);
  // REQUIRES: mutex_.
  bool Obeyed() const;
  void Send();
  void Report();

  IdentityStore& store_;
  GuardLink& link_;
  const Options options_;
  bool reported_ = false;  // the thread's own

  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Protected by mutex_.
  bool woken_ = true;  // the first list is sent without being asked for
  bool reachable_ = false;
  std::uint64_t wanted_ = 0;  // the newest change that we were told of
  std::uint64_t sent_ = 0;
  std::uint64_t in_force_ = 0;

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace nara::registry
