#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nara::rpc {

// Threads that run calls, so that gRPC's own never block. Any thread may submit.
class WorkerPool {
 public:
  using Job = std::function<void()>;

  WorkerPool(int threads, std::size_t max_pending);
  // As Stop().
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and the job is dropped, when max_pending jobs wait already or the pool has stopped.
  bool Submit(Job job);

  // Beyond the limit, for jobs whose number something else bounds (one read for each open stream). False only after
  // Stop.
  bool Post(Job job);

  // Runs what was accepted, then joins.
  void Stop();

 private:
  bool Push(Job job, std::size_t limit);
  void Run();

  const std::size_t max_pending_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;  // guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_
  // Last: the threads use everything above.
  std::vector<std::jthread> threads_;
};

}  // namespace nara::rpc
