// Who attends where: the open streams of receivers, several operators at each.
//
// A link is there from Attach to Detach. What is offered to a receiver is shown
// to every operator who attends there, as fast as each stream takes it (feed.h). An
// operator from whose stream nothing has been taken for a while is cut off: a screen
// that stands still is a screen that is blind.
//
// After a (re)start of the router its receivers need a moment to attach again,
// while the events that wait in the log are raised at once. For the settling time
// a receiver that has not attached since the start therefore counts as reachable:
// the offer is made, nobody sees it yet, and the link that comes gets it as what
// is open. Who attended and went counts as gone, as always.
//
// Threads: any. Feeds, `Went` and `behind` are called without a lock held.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alert_router/feed.h"

namespace nara::alert {

class Links {
 public:
  using Id = uint64_t;

  struct Link {
    Id id = 0;
    std::string receiver;
    std::string operator_id;
    std::string caller;  // client id, asked for its rights again each second
    std::shared_ptr<Feed> feed;
  };

  // Told when the last link of a receiver went, and when something was offered to
  // a receiver without any. Must not block.
  using Went = std::function<void(const std::string& receiver)>;

  using SteadyTime = std::chrono::steady_clock::time_point;

  struct Options {
    // The settling time, counted from Open; 0: there is none.
    std::chrono::milliseconds settle{0};
    // From whose stream nothing was taken for so long is cut off.
    std::chrono::milliseconds stalled_after{10'000};
    // Neither may block. `behind` is told when a link may be behind with its offers.
    std::function<SteadyTime()> now = std::chrono::steady_clock::now;
    std::function<void()> behind = [] {};
  };

  Links(Went went, Options options) : went_(std::move(went)), options_(std::move(options)) {}

  // Receivers can attach from now on: the settling time begins. Before, it has
  // not ended. Once.
  void Open();

  // `link.id` is given here.
  Id Attach(Link link);

  // Again is no error.
  void Detach(Id id);

  // Somebody attends there, or nobody has since the start and the settling time runs.
  bool IsReachable(const std::string& receiver) const;

  // IsReachable as the engine asks it.
  Reachable AsReachable() const;

  // Receivers that were called reachable for the settling time's sake and have no
  // link now that it has ended. Each once; none while it runs.
  std::vector<std::string> TakeAbsent();

  // To everybody at its receiver.
  void Offer(const Alert& alert);
  void Withdraw(const std::string& receiver, const Alert& alert, const std::string& reason);

  // A pulse to everybody; a link that `allowed` denies is closed with
  // PermissionDenied instead, one that stands still with ResourceExhausted. Returns
  // how many stood still. To be called each second.
  int Beat(Time at, std::chrono::milliseconds oldest_unrouted, const std::function<bool(const Link&)>& allowed);

  std::vector<Link> All() const;
  SteadyTime Now() const { return options_.now(); }

  // The operators at a receiver, and this one, sorted.
  std::vector<std::string> OperatorsWith(const Actor& actor) const;

  // Ends every stream; for the stop of the process.
  void CloseAll(const absl::Status& status);

 private:
  std::vector<Link> At(const std::string& receiver) const;
  Id Add(Link link);
  bool Remove(Id id);
  void CutOff(const Link& link, const absl::Status& why);

  bool Settles() const;

  const Went went_;
  const Options options_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  Id last_id_ = 0;
  std::map<std::string, std::map<Id, Link>> by_receiver_;
  std::map<Id, std::string> receiver_of_;
  std::optional<SteadyTime> opened_;
  // Both only while it settles: who has attended, and who was called reachable unseen.
  std::set<std::string> seen_;
  mutable std::set<std::string> counted_on_;
};

}  // namespace nara::alert
