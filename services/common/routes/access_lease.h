// Tells the registry by which state of the rights this process decides, and that it
// lives: ConfirmAccess each 250 ms, and after each change. Each answer lets the table
// of privacy carry care data across providers for a second from when it was asked; the
// registry counts on us for two (docs/decisions/0011-blocks.md).
//
// Threads: one of its own. All methods may be called from any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/access/privacy_table.h"

namespace grpc {
class Channel;
}

namespace nara {

class AccessLease {
 public:
  static constexpr std::chrono::milliseconds kEvery{250};

  // The table must outlive it. `settle` returns when everything has gone out that was
  // decided before it was called; may be empty. Starts at once.
  AccessLease(std::shared_ptr<grpc::Channel> channel, PrivacyTable& privacy, std::function<void()> settle);
  // As Stop.
  ~AccessLease();
  AccessLease(const AccessLease&) = delete;
  AccessLease& operator=(const AccessLease&) = delete;

  // The registry has said that this is its state, and everybody who listens to the
  // tables has been told.
  void Took(std::uint64_t revision);

  // Idempotent.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  void Confirm(std::uint64_t revision);

  const std::shared_ptr<grpc::Channel> channel_;
  PrivacyTable& privacy_;
  const std::function<void()> settle_;
  const std::string consumer_;  // random

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::uint64_t> revision_;  // protected by mutex_

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace nara
