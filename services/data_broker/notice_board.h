// Brings the notices of corrections to the subscriptions: what was withdrawn from their
// units, and what is reissued to them, record by record (docs/formats/corrections.md).
//
// Each subscription has its own place among the notices, as it has in the logs, and its
// cursor carries it. The board looks each `poll` how far the notices are, and reads for
// each subscription that is behind a piece at a time, in turn, as much as there is room
// for: a large correction holds up nobody, and memory is bounded. Notices wait until our
// copy of the routes is as new as they are, so that no record follows that is withdrawn
// already.
//
// Threads: one of its own. All methods may be called from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "common/time/backoff.h"
#include "common/time/clock.h"
#include "data_broker/hub.h"

namespace nara::broker {

class NoticeBoard {
 public:
  struct Options {
    // How late a notice is at most, against a look at one row of PostgreSQL.
    std::chrono::milliseconds poll{250};
    // While there is more than queues have room for.
    std::chrono::milliseconds again{5};
    // Pauses after a failure, doubling from `poll` to this.
    std::chrono::milliseconds last_pause{2000};
    std::size_t piece = 256;
    // A registry that has not come as far as a notice after so long was restored from a
    // backup: then what it knows counts.
    std::chrono::milliseconds patience{10'000};
  };
  // References must outlive it.
  struct Deps {
    HistoryReader& history;
    const Audience& audience;
    Metrics& metrics;
    const Clock& clock;
  };

  NoticeBoard(Options options, Deps deps);
  // As Stop.
  ~NoticeBoard();

  // Told when a subscription got something to take. To be set before Start.
  void OnPending(Hub::Wake wake) { wake_ = std::move(wake); }

  // Where who begins now begins: everything up to here was seen by the board. 0 while
  // PostgreSQL has not been reached; then a beginner is told what it never had, which is
  // no harm.
  std::uint64_t head() const { return head_; }

  void Add(const SubscriptionPtr& subscription);
  void Remove(const SubscriptionPtr& subscription);

  void Start();
  // Idempotent.
  void Stop();

 private:
  void Run(const std::stop_token& stop);
  absl::Status Look();
  absl::StatusOr<bool> Serve(const SubscriptionPtr& subscription);
  absl::StatusOr<bool> ServeAll(const std::stop_token& stop);
  std::vector<SubscriptionPtr> Behind() const;

  const Options options_;
  const Deps deps_;
  Hub::Wake wake_;  // constant from Start
  std::atomic<std::uint64_t> head_ = 0;

  // By the thread alone. Since when the notices are ahead of the routes.
  absl::Duration ahead_since_ = absl::InfiniteDuration();
  Backoff<std::chrono::milliseconds> pause_;

  mutable std::mutex mutex_;
  std::unordered_set<SubscriptionPtr> subscriptions_;  // protected by mutex_
  // Last: the thread uses everything above.
  std::jthread thread_;
};

}  // namespace nara::broker
