#include "common/mqtt/timer_thread.h"

namespace nara {

TimerThread& TimerThread::Shared() {
  static TimerThread shared;
  return shared;
}

TimerThread::TimerThread() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void TimerThread::After(std::chrono::milliseconds delay, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    due_.emplace(Clock::now() + delay, std::move(work));
  }
  changed_.notify_one();
}

void TimerThread::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (due_.empty()) {
      changed_.wait(lock, stop, [this] { return !due_.empty(); });
      continue;
    }
    const Clock::time_point next = due_.begin()->first;
    if (Clock::now() < next) {
      changed_.wait_until(lock, stop, next, [this, next] { return due_.begin()->first < next; });
      continue;
    }
    const std::function<void()> work = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    lock.unlock();
    work();
    lock.lock();
  }
}

}  // namespace nara
