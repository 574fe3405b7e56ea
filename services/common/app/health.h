#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace nara::app {

// What /readyz tells: a process is ready between the end of its start and the beginning of its stop, while all its
// checks are OK. Any thread.
class Health {
 public:
  enum class State { kStarting, kReady, kStopping };

  void Set(State state);
  State state() const;

  // `check` is asked at each look: it must not block, and what it uses must live until the process stops. Its message
  // is shown.
  void AddCheck(std::string name, std::function<absl::Status()> check);

  // OK, or UNAVAILABLE with the reason.
  absl::Status Ready() const;

 private:
  struct Check {
    std::string name;
    std::function<absl::Status()> ask;
  };
  mutable std::mutex mutex_;
  State state_ = State::kStarting;  // guarded by mutex_
  std::vector<Check> checks_;       // guarded by mutex_
};

}  // namespace nara::app
