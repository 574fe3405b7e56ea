// Reads history and logs for subscriptions that are behind: those that resume, and
// those that were too slow. Each gets a piece at a time, in turn, as much as its
// queue has room for, so that none holds up another and memory is bounded.
//
// Per subscription: what the hub still keeps comes first, since a short break needs
// no more. Else every log is read in its order: from history as far as history has
// it, then from the log. When PostgreSQL is away and the log still has everything,
// the log alone. When not, it waits; nothing is skipped.
//
// Threads: `threads` of its own. All methods may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/time/clock.h"
#include "data_broker/hub.h"
#include "data_broker/record_reader.h"

namespace nara::broker {

class CatchUp {
 public:
  struct Options {
    std::size_t threads = 2;
    std::size_t piece = 512;  // records read at a time
    std::chrono::milliseconds retry_after{200};
    std::set<std::string> care_kinds;
  };
  // References must outlive it.
  struct Deps {
    std::function<std::unique_ptr<LogShelf>()> make_shelf;  // for each thread
    HistoryReader& history;
    const Audience& audience;
    Hub& hub;
    Metrics& metrics;
    const Clock& clock;
  };

  CatchUp(Options options, Deps deps);
  // As Stop.
  ~CatchUp();

  // Told when a subscription got something to take. To be set before Start.
  void OnPending(Hub::Wake wake) { wake_ = std::move(wake); }

  void Start();

  // Goes on with this subscription if it is in catch-up and has room; else nothing
  // happens. Never blocks.
  void Feed(const SubscriptionPtr& subscription);

  // Idempotent.
  void Stop();

 private:
  // A subscription that a worker has, and where in its pass over the logs it is.
  struct Job {
    SubscriptionPtr subscription;
    std::size_t next = 0;                  // log, in the order of cursors
    bool moved = false;                    // anything was read in this pass
    std::optional<Positions> stored = {};  // how far history is; asked once a pass
    absl::Duration not_before = -absl::InfiniteDuration();

    LogId log() const { return LogAt(next); }
  };
  class Worker;

  void Run(const std::stop_token& stop);
  std::optional<Job> Next(const std::stop_token& stop);
  void Back(Job job);
  void GiveUp(const SubscriptionPtr& subscription);

  const Options options_;
  const Deps deps_;
  Hub::Wake wake_;  // constant from Start

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> jobs_;  // protected by mutex_
  // Last: the threads use everything above.
  std::vector<std::jthread> threads_;
};

}  // namespace nara::broker
