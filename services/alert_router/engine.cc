#include "alert_router/engine.h"

#include <algorithm>
#include <utility>

namespace nara::alert {
namespace {

// A change in the making: the row, and each entry with the version it made.
class Draft {
 public:
  Draft(const Alert& before, Time now) : change_{before, {}, {}}, now_(now) {}

  Alert& row() { return change_.alert; }
  Time now() const { return now_; }
  const Step& step() { return row().chain.steps[row().step]; }
  bool AtLastStep() { return row().step + 1 >= row().chain.steps.size(); }
  Change Take() { return std::move(change_); }

  void Record(const std::string& action, const std::string& reason = "", const std::string& actor = "") {
    RecordFor(row().receiver, action, reason, actor);
  }

  void RecordFor(const std::string& receiver, const std::string& action, const std::string& reason,
                 const std::string& actor) {
    Alert& alert = row();
    ++alert.version;
    change_.history.push_back({alert.version, now_, action, alert.state, alert.step, receiver, actor, reason});
  }

  void Ask(Effect::Kind kind, const std::string& receiver, const std::string& reason = "") {
    change_.effects.push_back({kind, receiver, reason});
  }

  void Withdraw(const std::string& reason) {
    if (row().state == State::kOffered && !row().waiting) Ask(Effect::Kind::kWithdraw, row().receiver, reason);
  }

 private:
  Change change_;
  const Time now_;
};

void WakeIn(Draft& draft, std::chrono::seconds wait) {
  draft.row().next_action_at = std::min(draft.now() + std::max(wait, std::chrono::seconds(1)), draft.row().expires_at);
}

// Further ahead than any step of ours put it.
bool IsTooFarAhead(Draft& draft) {
  return *draft.row().next_action_at > draft.now() + std::max(draft.step().accept, std::chrono::seconds(1));
}

void Exhaust(Draft& draft, const std::string& reason) {
  if (draft.row().exhausted) return;
  draft.row().exhausted = true;
  draft.Record("exhausted", reason);
  if (!draft.row().technical) draft.Ask(Effect::Kind::kTechnical, "", kChainExhausted);
}

void Offer(Draft& draft) {
  Alert& alert = draft.row();
  alert.state = State::kOffered;
  alert.waiting = false;
  WakeIn(draft, draft.step().accept);
  draft.Record("offered");
  alert.offer_version = alert.version;
  alert.offered_at = draft.now();
  alert.delivered = false;
  draft.Ask(Effect::Kind::kOffer, alert.receiver);
}

void Wait(Draft& draft, const std::string& why) {
  draft.row().waiting = true;
  WakeIn(draft, draft.step().accept);
  Exhaust(draft, why);
}

// Stands at `step` or, while nobody attends there, at a later one.
void EnterFrom(Draft& draft, uint32_t step, const Reachable& reachable) {
  draft.row().step = step;
  for (;; ++draft.row().step) {
    draft.row().receiver = draft.step().receiver;
    if (reachable(draft.row().receiver)) return Offer(draft);
    if (draft.AtLastStep()) break;
    draft.Record("unreachable", "nobody attends at the receiver");
  }
  draft.row().waiting = true;
  draft.Record("unreachable", "nobody attends at the last receiver; its next link gets the alert");
  Wait(draft, "the last receiver of the chain cannot be reached");
}

void Close(Draft& draft, State state) {
  draft.row().state = state;
  draft.row().waiting = false;
  draft.row().next_action_at.reset();
}

void Expire(Draft& draft) {
  const bool unheard = !draft.row().exhausted && !draft.row().technical;
  draft.Withdraw("expired");
  Close(draft, State::kExpired);
  draft.Record("expired", "nobody accepted it while it was an alarm");
  if (unheard) draft.Ask(Effect::Kind::kTechnical, "", kExpiredUnanswered);
}

void TimeOut(Draft& draft, const Reachable& reachable) {
  draft.Withdraw("accept_timeout");
  draft.Record("accept_timeout", "nobody accepted within " + std::to_string(draft.step().accept.count()) + " s");
  if (!draft.AtLastStep()) return EnterFrom(draft, draft.row().step + 1, reachable);
  Exhaust(draft, "nobody accepted at the last step; it is repeated");
  EnterFrom(draft, draft.row().step, reachable);
}

void Repeat(Draft& draft, const Reachable& reachable) {
  if (reachable(draft.row().receiver)) return Offer(draft);
  WakeIn(draft, draft.step().accept);
}

bool IsOfferedTo(const Alert& alert, const std::string& receiver) {
  return alert.state == State::kOffered && !alert.waiting && alert.receiver == receiver;
}

bool HadAStep(const Alert& alert, const std::string& receiver) {
  const auto& steps = alert.chain.steps;
  const auto end = steps.begin() + std::min<std::size_t>(alert.step + 1, steps.size());
  return std::any_of(steps.begin(), end, [&](const Step& step) { return step.receiver == receiver; });
}

Answer Unchanged(Verdict verdict, const Alert& alert) {
  return {verdict, {alert, {}, {}}};
}

}  // namespace

Change Raise(Alert alert, const std::string& ended_by, const Reachable& reachable, Time now) {
  alert.raised_at = now;
  alert.offered_at = now;
  alert.version = 0;
  alert.state = State::kRaised;
  alert.receiver = alert.chain.steps.front().receiver;
  Draft draft(alert, now);
  draft.RecordFor("", "raised", alert.key.kind, "");
  if (!ended_by.empty()) {
    Close(draft, State::kCancelled);
    draft.RecordFor("", "cancelled", ended_by + " came before it", "");
  } else if (now >= alert.expires_at) {
    Close(draft, State::kExpired);
    draft.RecordFor("", "expired", "it came too late to ring for", "");
    draft.Ask(Effect::Kind::kTechnical, "", kArrivedLate);
  } else {
    EnterFrom(draft, 0, reachable);
  }
  return draft.Take();
}

Change Join(const Alert& technical, const std::string& what, Time now) {
  Draft draft(technical, now);
  draft.RecordFor("", "joined", what, "");
  return draft.Take();
}

Change Part(const Alert& technical, const std::string& what, Time now) {
  Draft draft(technical, now);
  draft.RecordFor("", "parted", what, "");
  return draft.Take();
}

Change Due(const Alert& alert, const Reachable& reachable, Time now) {
  Draft draft(alert, now);
  if (!IsUnanswered(alert.state) || !alert.next_action_at) return draft.Take();
  if (IsTooFarAhead(draft)) {
    WakeIn(draft, draft.step().accept);
  } else if (now < *alert.next_action_at) {
    return draft.Take();
  } else if (now >= alert.expires_at) {
    Expire(draft);
  } else if (alert.waiting) {
    Repeat(draft, reachable);
  } else {
    TimeOut(draft, reachable);
  }
  return draft.Take();
}

Change LinkBroken(const Alert& alert, const std::string& receiver, const Reachable& reachable, Time now) {
  Draft draft(alert, now);
  if (!IsOfferedTo(alert, receiver) || reachable(receiver)) return draft.Take();
  draft.Record("link_broken", "nobody attends at the receiver any more");
  EnterFrom(draft, std::min<uint32_t>(alert.step + 1, alert.chain.steps.size() - 1), reachable);
  return draft.Take();
}

Change LinkUp(const Alert& alert, const std::string& receiver, Time now) {
  Draft draft(alert, now);
  if (alert.waiting && IsUnanswered(alert.state) && alert.receiver == receiver) Offer(draft);
  return draft.Take();
}

Change End(const Alert& alert, const std::string& ended_by, Time now) {
  Draft draft(alert, now);
  if (IsEnded(alert.state)) return draft.Take();
  if (!alert.waiting && alert.state != State::kRaised) draft.Ask(Effect::Kind::kWithdraw, alert.receiver, ended_by);
  Close(draft, State::kCancelled);
  draft.Record("cancelled", ended_by);
  return draft.Take();
}

Change Delivered(const Alert& alert, const Actor& actor, uint64_t version, Time now) {
  Draft draft(alert, now);
  const bool of_newest = alert.offer_version <= version && version <= alert.version;
  if (!IsOfferedTo(alert, actor.receiver) || alert.delivered || !of_newest) return draft.Take();
  draft.row().delivered = true;
  draft.Record("delivered", "", actor.operator_id);
  return draft.Take();
}

Answer Accept(const Alert& alert, const Actor& actor, Time now) {
  if (IsEnded(alert.state)) return Unchanged(Verdict::kEnded, alert);
  if (!IsUnanswered(alert.state)) {
    const bool same = alert.receiver == actor.receiver && alert.operator_id == actor.operator_id;
    return Unchanged(same ? Verdict::kAlready : Verdict::kTaken, alert);
  }
  if (!HadAStep(alert, actor.receiver)) return Unchanged(Verdict::kNotOffered, alert);
  Draft draft(alert, now);
  draft.Withdraw("accepted");
  if (alert.receiver != actor.receiver) draft.Ask(Effect::Kind::kWithdraw, actor.receiver, "accepted");
  Close(draft, State::kAccepted);
  draft.row().receiver = actor.receiver;
  draft.row().operator_id = actor.operator_id;
  draft.Record("accepted", "", actor.operator_id);
  return {Verdict::kDone, draft.Take()};
}

Answer Reject(const Alert& alert, const Actor& actor, const std::string& reason, const Reachable& reachable, Time now) {
  if (IsEnded(alert.state)) return Unchanged(Verdict::kEnded, alert);
  if (!IsUnanswered(alert.state)) return Unchanged(Verdict::kTaken, alert);
  if (!HadAStep(alert, actor.receiver)) return Unchanged(Verdict::kNotOffered, alert);
  if (!IsOfferedTo(alert, actor.receiver)) return Unchanged(Verdict::kAlready, alert);
  Draft draft(alert, now);
  draft.Withdraw("rejected");
  draft.Record("rejected", reason, actor.operator_id);
  if (draft.AtLastStep()) {
    Wait(draft, "rejected at the last step; it is repeated");
  } else {
    EnterFrom(draft, alert.step + 1, reachable);
  }
  return {Verdict::kDone, draft.Take()};
}

Answer Resolve(const Alert& alert, const Actor& actor, const std::string& reason, Time now) {
  if (alert.state == State::kResolved && alert.receiver == actor.receiver) return Unchanged(Verdict::kAlready, alert);
  if (IsEnded(alert.state)) return Unchanged(Verdict::kEnded, alert);
  if (IsUnanswered(alert.state)) return Unchanged(Verdict::kNotAccepted, alert);
  if (alert.receiver != actor.receiver) return Unchanged(Verdict::kTaken, alert);
  Draft draft(alert, now);
  draft.Ask(Effect::Kind::kWithdraw, alert.receiver, "resolved");
  Close(draft, State::kResolved);
  draft.Record("resolved", reason, actor.operator_id);
  return {Verdict::kDone, draft.Take()};
}

}  // namespace nara::alert
