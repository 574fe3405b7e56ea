#include "alert_router/caretaker.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace nara::alert {
namespace {

constexpr std::chrono::milliseconds kLongestWait{250};
constexpr std::chrono::milliseconds kShortestWait{1};
constexpr int kAtOnce = 200;
constexpr std::chrono::minutes kTidyEach{10};
// An end is remembered this long: longer than a device keeps a record.
constexpr std::chrono::hours kEndAge{24 * 14};

}  // namespace

void Caretaker::LinkCame(const std::string& receiver) {
  std::scoped_lock lock(mutex_);
  came_.insert(receiver);
  wake_.notify_all();
}

void Caretaker::LinkWent(const std::string& receiver) {
  std::scoped_lock lock(mutex_);
  went_.insert(receiver);
  wake_.notify_all();
}

std::chrono::microseconds Caretaker::Round() {
  EndSettling();
  absl::Status status = deps_.ledger.SettleDoubts(std::chrono::steady_clock::now());
  if (status.ok()) status = ServeLinks();
  if (status.ok()) status = MoveDue();
  if (status.ok()) status = Tidy();
  Note(status);
  if (!status.ok()) return kLongestWait;
  const auto next = deps_.store.UntilNextAction();
  if (!next.ok() || !next->has_value()) return kLongestWait;
  return std::clamp<std::chrono::microseconds>(**next, kShortestWait, kLongestWait);
}

void Caretaker::EndSettling() {
  for (const std::string& receiver : deps_.links.TakeAbsent()) {
    log::Warn("caretaker", "a receiver has not attached since the start; its offers go on", {{"receiver", receiver}});
    LinkWent(receiver);
  }
}

absl::Status Caretaker::ServeLinks() {
  Asked went, came;
  {
    std::scoped_lock lock(mutex_);
    went = std::exchange(went_, {});
    came = std::exchange(came_, {});
  }
  absl::StatusOr<bool> all = true;
  for (const std::string& receiver : went) {
    if (all.ok()) all = Break(receiver);
    if (!all.ok() || !*all) LinkWent(receiver);
  }
  for (const std::string& receiver : came) {
    if (all.ok()) all = Welcome(receiver);
    if (!all.ok() || !*all) LinkCame(receiver);
  }
  return all.status();
}

absl::StatusOr<bool> Caretaker::Break(const std::string& receiver) {
  if (deps_.links.IsReachable(receiver)) return true;
  return MoveSome([&](Rows& rows) { return rows.OfferedLocked(receiver, kAtOnce); },
                  [&](const Alert& alert, const Reachable& reachable, Time now) {
                    return LinkBroken(alert, receiver, reachable, now);
                  });
}

absl::StatusOr<bool> Caretaker::Welcome(const std::string& receiver) {
  if (!deps_.links.IsReachable(receiver)) return true;
  return MoveSome([&](Rows& rows) { return rows.WaitingLocked(receiver, kAtOnce); },
                  [&](const Alert& alert, const Reachable&, Time now) { return LinkUp(alert, receiver, now); });
}

// True when nothing is left to move.
absl::StatusOr<bool> Caretaker::MoveSome(const Pick& pick, const Move& move) {
  int moved = 0;
  const absl::Status committed = deps_.ledger.Commit([&](Moves& moves) {
    moved = 0;
    const auto alerts = pick(moves.rows());
    if (!alerts.ok() || alerts->empty()) return alerts.status();
    const auto now = moves.rows().Now();
    if (!now.ok()) return now.status();
    for (const Alert& alert : *alerts) {
      const Change change = move(alert, moves.reachable(), *now);
      if (!change.Recorded()) continue;
      if (absl::Status saved = moves.Save(change); !saved.ok()) return saved;
      ++moved;
    }
    return absl::OkStatus();
  });
  if (!committed.ok()) return committed;
  return moved < kAtOnce;
}

absl::Status Caretaker::MoveDue() {
  return deps_.ledger.Commit([&](Moves& moves) {
    const auto due = moves.rows().DueLocked(kAtOnce);
    if (!due.ok() || due->empty()) return due.status();
    const auto now = moves.rows().Now();
    if (!now.ok()) return now.status();
    for (const Alert& alert : *due) {
      deps_.metrics.Late(std::max<std::chrono::microseconds>(*now - alert.next_action_at.value_or(*now), {}));
      if (absl::Status saved = moves.Save(Due(alert, moves.reachable(), *now)); !saved.ok()) return saved;
    }
    return absl::OkStatus();
  });
}

absl::Status Caretaker::Tidy() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_tidy_) return absl::OkStatus();
  next_tidy_ = now + kTidyEach;
  return deps_.store.ForgetEnds(kEndAge);
}

void Caretaker::Note(const absl::Status& status) {
  if (status.ok() && store_is_down_) {
    log::Info("caretaker", "the database answers again");
  } else if (!status.ok() && !store_is_down_) {
    log::Error("caretaker", "the database does not answer; timers wait", {{"error", status.ToString()}});
  }
  store_is_down_ = !status.ok();
}

void Caretaker::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Loop(stop); });
}

void Caretaker::Stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Caretaker::Loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto wait = Round();
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, wait, [this] { return !store_is_down_ && (!came_.empty() || !went_.empty()); });
  }
}

}  // namespace nara::alert
