#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace nara::naractl {

// Turns SIGINT and SIGTERM into a stop request while it lives. Make it before
// the threads that should not be interrupted.
class Interrupt {
 public:
  explicit Interrupt(std::stop_source& stop);
  ~Interrupt() = default;

 private:
  sigset_t signals_{};
  std::jthread thread_;
};

// Waits until a stop is requested.
void WaitFor(const std::stop_token& stop);

}  // namespace nara::naractl
