#include "alert_router/caretaker.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"

namespace nara::alert {
namespace {

constexpr std::chrono::milliseconds kLongestWait{250};
constexpr std::chrono::milliseconds kShortestWait{1};
constexpr int kDueAtOnce = 200;
constexpr std::chrono::minutes kTidyEach{10};
// An end is remembered this long: longer than a device keeps a record.
constexpr std::chrono::hours kEndAge{24 * 14};

}  // namespace

void Caretaker::LinkCame(Links::Id link, const std::string& receiver) {
  std::scoped_lock lock(mutex_);
  came_[receiver].insert(link);
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
  std::set<std::string> went;
  Asked came;
  {
    std::scoped_lock lock(mutex_);
    went = std::exchange(went_, {});
    came = std::exchange(came_, {});
  }
  absl::Status status;
  for (const std::string& receiver : went) {
    if (status.ok()) status = Break(receiver);
    if (!status.ok()) LinkWent(receiver);
  }
  for (const auto& [receiver, links] : came) {
    if (status.ok()) status = Welcome(receiver, links);
    if (status.ok()) continue;
    for (const Links::Id link : links) LinkCame(link, receiver);
  }
  return status;
}

absl::Status Caretaker::Break(const std::string& receiver) {
  if (deps_.links.IsReachable(receiver)) return absl::OkStatus();
  return deps_.ledger.Commit([&](Moves& moves) {
    const auto alerts = moves.rows().UnansweredLocked(receiver);
    if (!alerts.ok() || alerts->empty()) return alerts.status();
    const auto now = moves.rows().Now();
    if (!now.ok()) return now.status();
    for (const Alert& alert : *alerts) {
      const Change change = LinkBroken(alert, receiver, moves.reachable(), *now);
      if (!change.Changed()) continue;
      if (absl::Status saved = moves.Save(change); !saved.ok()) return saved;
    }
    return absl::OkStatus();
  });
}

absl::Status Caretaker::Welcome(const std::string& receiver, const std::set<Links::Id>& links) {
  if (!deps_.links.IsReachable(receiver)) return absl::OkStatus();
  std::vector<Alert> open;
  const absl::Status committed = deps_.ledger.Commit([&](Moves& moves) {
    open.clear();
    const auto alerts = moves.rows().UnansweredLocked(receiver);
    if (!alerts.ok() || alerts->empty()) return alerts.status();
    const auto now = moves.rows().Now();
    if (!now.ok()) return now.status();
    for (const Alert& alert : *alerts) {
      const Change change = LinkUp(alert, receiver, *now);
      if (!change.Changed()) {
        open.push_back(alert);
      } else if (absl::Status saved = moves.Save(change); !saved.ok()) {
        return saved;
      }
    }
    return absl::OkStatus();
  });
  if (!committed.ok()) return committed;
  for (const Alert& alert : open) {
    for (const Links::Id link : links) deps_.outlet.Replay(link, alert);
  }
  return committed;
}

absl::Status Caretaker::MoveDue() {
  std::size_t moved = kDueAtOnce;
  while (moved == kDueAtOnce) {
    const absl::Status committed = deps_.ledger.Commit([&](Moves& moves) {
      const auto due = moves.rows().DueLocked(kDueAtOnce);
      if (!due.ok()) return due.status();
      moved = due->size();
      if (moved == 0) return absl::OkStatus();
      const auto now = moves.rows().Now();
      if (!now.ok()) return now.status();
      for (const Alert& alert : *due) {
        deps_.metrics.Late(std::max<std::chrono::microseconds>(*now - alert.next_action_at.value_or(*now), {}));
        if (absl::Status saved = moves.Save(Due(alert, moves.reachable(), *now)); !saved.ok()) return saved;
      }
      return absl::OkStatus();
    });
    if (!committed.ok()) return committed;
  }
  return absl::OkStatus();
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
