// Carries batches from subscriptions' queues to their streams.
//
// A stream gets a message only when it holds none that waits, so that what a slow
// receiver has not taken stays in the subscription, where it is joined to larger
// batches and checked again before it goes. A stream that is busy is looked at each
// millisecond; one that has been silent for a second gets a heartbeat. Within half a
// second a caller that may not subscribe any more is cut off, and what has waited for
// its route goes.
//
// Threads: `threads` of its own and one that keeps the time; a subscription is
// served by one at a time. All methods may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "common/rpc/stream_writer.h"
#include "common/time/clock.h"
#include "data_broker/seal.h"
#include "data_broker/subscription.h"

namespace nara::broker {

using ResponseWriter = rpc::StreamWriter<v1::SubscribeResponse>;

class Deliverer {
 public:
  struct Options {
    std::size_t threads = 2;
    std::chrono::milliseconds look_again{1};
    std::chrono::milliseconds heartbeat{1000};
    std::chrono::milliseconds check{500};
  };
  using Hungry = std::function<void(const SubscriptionPtr&)>;

  // References must outlive it.
  Deliverer(Options options, const Seal& seal, Metrics& metrics, const Clock& clock);
  // As Stop.
  ~Deliverer();

  // Told of each subscription in catch-up when it was served; must not block. To be
  // set before the first Add.
  void OnServed(Hungry hungry) { hungry_ = std::move(hungry); }

  void Start();

  // Asked about each stream now and then: an error closes it.
  using MayGoOn = std::function<absl::Status()>;

  // Serves the subscription until Remove or until its stream is closed.
  void Add(const SubscriptionPtr& subscription, std::shared_ptr<ResponseWriter> writer, MayGoOn may_go_on);
  void Remove(const SubscriptionPtr& subscription);

  // There is something to take.
  void Wake(const SubscriptionPtr& subscription);

  // Returns when every batch that was taken before has been handed to its stream: after
  // a change of rights, nothing goes out any more that was decided by the older ones.
  void Settle();

  // Ends the threads and closes every stream with UNAVAILABLE, also those that come
  // later. Idempotent.
  void Stop();

 private:
  struct Line {
    SubscriptionPtr subscription;
    std::shared_ptr<ResponseWriter> writer;
    MayGoOn may_go_on;
    // Protected by mutex_.
    // By the monotonic clock; silent and unchecked for ever: the first heartbeat, with a
    // first cursor, goes at once.
    absl::Duration last_sent = -absl::InfiniteDuration();
    absl::Duration last_check = -absl::InfiniteDuration();
    bool queued = false;   // in ready_
    bool serving = false;  // by a thread, which looks at `again` when it is done
    bool again = false;
    std::uint64_t serial = 0;  // of this serving, in under_way_
  };
  using LinePtr = std::shared_ptr<Line>;

  bool Enter(const LinePtr& line);
  void Run(const std::stop_token& stop);
  void KeepTime(const std::stop_token& stop);
  LinePtr Next(const std::stop_token& stop);
  void Serve(Line& line);
  void Done(const LinePtr& line);
  bool CutOff(Line& line);
  bool SilentTooLong(const Line& line);
  bool Due(absl::Duration last, std::chrono::milliseconds every) const;
  void Send(Line& line, Subscription::Batch batch);
  void Enqueue(const LinePtr& line);

  const Options options_;
  const Seal& seal_;
  Metrics& metrics_;
  const Clock& clock_;
  Hungry hungry_;  // constant from the first Add

  std::mutex mutex_;
  std::condition_variable_any ready_changed_;
  std::condition_variable_any busy_changed_;
  // State below is protected by mutex_.
  std::unordered_map<SubscriptionPtr, LinePtr> lines_;
  std::deque<LinePtr> ready_;
  std::vector<LinePtr> busy_;
  std::condition_variable settled_;
  std::set<std::uint64_t> under_way_;  // servings that have begun, in their order
  std::uint64_t last_serial_ = 0;
  bool stopped_ = false;
  // Last: the threads use everything above.
  std::vector<std::jthread> threads_;
};

}  // namespace nara::broker
