#include "tools/naractl/interrupt.h"

#include <condition_variable>
#include <ctime>
#include <mutex>

namespace nara::naractl {

Interrupt::Interrupt(std::stop_source& stop) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::jthread([this, &stop](const std::stop_token& ended) {
    constexpr timespec kMoment{.tv_sec = 0, .tv_nsec = 100'000'000};
    while (!ended.stop_requested()) {
      if (sigtimedwait(&signals_, nullptr, &kMoment) > 0) stop.request_stop();
    }
  });
}

void WaitFor(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
}

}  // namespace nara::naractl
