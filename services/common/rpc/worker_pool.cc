#include "common/rpc/worker_pool.h"

#include <limits>
#include <utility>

namespace nara::rpc {

WorkerPool::WorkerPool(int threads, std::size_t max_pending) : max_pending_(max_pending) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  Stop();
}

bool WorkerPool::Submit(Job job) {
  return Push(std::move(job), max_pending_);
}

bool WorkerPool::Post(Job job) {
  return Push(std::move(job), std::numeric_limits<std::size_t>::max());
}

bool WorkerPool::Push(Job job, std::size_t limit) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || jobs_.size() >= limit) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    {
      const Job job = std::exchange(jobs_.front(), nullptr);
      jobs_.pop_front();
      lock.unlock();
      job();
    }
    lock.lock();
  }
}

void WorkerPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace nara::rpc
