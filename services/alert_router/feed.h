// What one operator's stream is shown: a cursor over the offers that are open at
// its receiver.
//
// The stream's own queue is small, however much is open. While it has room a new
// offer goes straight into it. When it has none the feed is behind: it remembers
// only how far the offers were shown, and the refiller (refiller.h) reads on from
// there, in the order in which offers were made, as the stream drains. A feed
// begins behind, at the first offer. An offer that was made while it is behind
// may be shown twice, and none is left out.
//
// Withdrawals wait for no offer: what does not fit waits here, before all that is
// offered later. Pulses that do not fit are left out.
//
// Threads: any; nothing blocks. NextPage and Refill by turns, from one thread.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "alert_router/ports.h"

namespace nara::alert {

struct Withdrawal {
  Alert alert;
  std::string reason;
};

class Feed {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  Feed(std::shared_ptr<Screen> screen, SteadyTime now) : screen_(std::move(screen)), moved_at_(now) {}

  // False: it is shown by a later page.
  bool Offer(const Alert& alert);
  // False: more withdrawals wait than a stream that is read lets wait.
  bool Withdraw(const std::shared_ptr<const Withdrawal>& withdrawal);
  void Beat(const Pulse& pulse);
  void Close(const absl::Status& status) { screen_->Close(status); }

  // Shows withdrawals that waited. Then the place behind which offers are missing,
  // when there is room for some.
  std::optional<Place> NextPage();
  // The offers behind that place, and whether more follow. Shows those that still
  // `holds` while there is room, and passes over the others.
  void Refill(const std::vector<Alert>& page, bool more, const std::function<bool(const Alert&)>& holds);

  // Something waits for room: offers in the store, or withdrawals here.
  bool IsBehind() const;

  // True when nothing was taken from the stream for `patience` by now although
  // something waited there. To be asked each second.
  bool IsStalled(SteadyTime now, std::chrono::milliseconds patience);

 private:
  bool HasRoom() const;
  bool Show(const Alert& alert);

  const std::shared_ptr<Screen> screen_;
  mutable std::mutex mutex_;
  // Guarded by mutex_, as is each call of the screen.
  bool behind_ = true;
  Place shown_to_;
  std::optional<Place> made_meanwhile_;  // just before the first of the offers made since the page was asked for
  std::deque<std::shared_ptr<const Withdrawal>> withdrawals_;
  std::size_t given_ = 0;
  std::size_t taken_ = 0;
  SteadyTime moved_at_;  // when taken_ became what it is, or nothing waited
};

}  // namespace nara::alert
