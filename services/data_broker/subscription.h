// One subscriber's queue, and where it is in the logs.
//
// It is fed in one of two ways. Live: the hub offers each record that passes.
// Catch-up: a catch-up worker reads history and logs for it. Live becomes catch-up
// when the queue is full: nothing more is queued, and what did not fit is read again
// later, from the place where it stopped. Catch-up becomes live under the hub's lock
// (Hub::Join), so that no record falls between.
//
// What is not within the caller's reach is not queued. Whether the caller may have a
// record is asked when it is taken out: rights and responsibilities may have changed
// while it waited. What is blocked then is passed over, for good: it stays in history
// (docs/formats/privacy.md).
//
// Beside it wait the notices of corrections (notice_board.h), in their own order. What a
// caller is told is withdrawn does not come to it afterwards: the routes by which records
// are delivered are then at least as new as the notice.
//
// A record that came before its route waits in its place and holds up nothing but its
// device's and the cursor, which stays before it.
//
// Threads: all methods may be called from any thread. Feeding methods are called by
// one thread at a time: the hub's, or the worker that has it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_set>

#include "data_broker/metrics.h"
#include "data_broker/ports.h"

namespace nara::broker {

// What a subscriber asked for.
struct Wish {
  std::string caller;
  std::set<std::string> units = {};  // empty: all that the caller answers for
  std::set<std::string> kinds = {};  // empty: all

  bool Wants(const CareRecord& record) const;
  bool Wants(const Party& party) const { return units.empty() || units.contains(party.unit); }
};

class Subscription {
 public:
  using SharedPositions = std::shared_ptr<const Positions>;

  struct Options {
    // Records that wait at most, for the receiver or for their routes. More: a longer
    // pause of the receiver without catch-up, at about 1 kB a record.
    std::size_t capacity = 4096;
    // Observations in one response, and their bytes.
    std::size_t max_batch = 512;
    std::size_t max_batch_bytes = 1 << 20;
    // Notices that wait at most. More: fewer reads of history for a large correction, at
    // about 1 kB for one that is reissued.
    std::size_t notices = 512;
  };

  // Starts in catch-up at `start`. References must outlive it.
  Subscription(Wish wish, const Place& start, Options options, const Audience& audience, Metrics& metrics);

  const Wish& wish() const { return wish_; }

  // Live: queues what the caller wants and may have. `head` is how far the logs have
  // been read with this. True when there is something to take.
  bool Offer(std::span<const CareRecordPtr> records, const SharedPositions& head);

  // Live to catch-up: the hub has nothing of what comes next. False when it was not
  // live.
  bool FallBehind();

  // Catch-up: queues records, at most Room() of them; everything up to `considered`
  // was read. True when there is something to take.
  bool Fill(std::span<const CareRecordPtr> records, const Positions& considered);

  // Catch-up to live: queues those of `recent` that are behind our positions. When
  // they do not all fit, it stays in catch-up and is a piece further. True when live.
  bool GoLive(const std::deque<CareRecordPtr>& recent, const SharedPositions& head);

  struct Batch {
    v1::SubscribeResponse response;                // without the cursor
    Place after;                                   // what the cursor shall say
    std::chrono::milliseconds newest_received{0};  // since 1970; 0 without observations that are new
  };

  // Takes what is queued, notices first, at most a batch. Nothing back: there is nothing to send
  // now. A batch without observations says only how far the reader may resume from.
  std::optional<Batch> Take();

  // Queues notices, at most NoticeRoom() of them; everything up to number `noticed` was
  // read. True when there is something to take.
  bool Notify(std::vector<Notice> notices, std::uint64_t noticed);

  // Free places, for notices.
  std::size_t NoticeRoom() const;

  // Every notice up to here was queued, delivered, or is not for this caller.
  std::uint64_t noticed() const;

  // A batch without observations, for a heartbeat.
  Batch Idle() const;

  // Free places, for records of a catch-up.
  std::size_t Room() const;

  // Everything up to here was queued, delivered, or is not for this caller.
  Positions considered() const;

  // True when a catch-up worker shall go on: it is in catch-up, at least half of the
  // queue is free, and no worker has it. Claims it for the caller.
  bool ClaimCatchUp();
  // The worker is done with it for now. True when it is still in catch-up.
  bool ReleaseCatchUp();

  bool live() const;
  // There may be something to take.
  bool pending() const;

  // The stream is gone: whoever still has it lets go.
  void Close() { closed_ = true; }
  bool closed() const { return closed_; }

 private:
  struct Entry {
    CareRecordPtr record;
    Position before;  // how far its log was considered when it was queued

    // It came before its route.
    bool early() const { return !record->party; }
  };
  // A batch, and how much went into it.
  struct Load {
    Batch batch;
    std::size_t records = 0;  // withheld ones too
    std::size_t bytes = 0;
    std::deque<Entry> stay;
    std::set<std::string_view> staying;  // the devices of those
  };

  bool MayQueue(const CareRecord& record);
  void LearnReach();
  bool Queue(const CareRecordPtr& record, Position& reached);
  // Whose it is now; what was known when the record was read, when that is newer.
  std::optional<Holder> HolderNow(const CareRecord& record) const;
  CareRecordPtr WithPartyNow(const CareRecordPtr& record) const;
  bool Full(const Load& load) const;
  bool Next(Load& load);
  bool Deliver(const Entry& entry, const Holder& holder, Load& load);
  v1::Observation& Put(const CareRecord& record, const Holder& holder, Load& load) const;
  bool NextNotice(Load& load);
  Audience::Answer MayHave(const Notice& notice, const std::optional<Holder>& holder) const;
  void Deliver(const Notice& notice, const std::optional<Holder>& holder, Load& load) const;
  Place Resume() const;

  const Wish wish_;
  const Options options_;
  const Audience& audience_;
  Metrics& metrics_;
  std::atomic<bool> closed_ = false;

  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  bool live_ = false;
  bool claimed_ = false;
  std::deque<Entry> queue_;
  std::size_t early_ = 0;       // entries of queue_ that came before their routes
  SharedPositions considered_;  // as considered()
  std::deque<Notice> notices_;
  std::uint64_t noticed_ = 0;  // as noticed()
  // What ReachOf answered, while rights_revision_ stands.
  std::string principal_;
  std::unordered_set<std::string> units_;
  std::unordered_set<std::string> residents_;
  std::uint64_t rights_revision_ = 0;
};

using SubscriptionPtr = std::shared_ptr<Subscription>;

}  // namespace nara::broker
