// The escalation engine: what becomes of an alert when something happens to it.
//
// Pure functions from a row and a happening to the row afterwards, the history
// that was made and what is to be done. No clock, no store, no link inside:
// `now` is the database's, `Reachable` the links' state, and the caller commits
// the change before it carries out a single effect. Two routers that hold the
// same row by turns therefore act as one.
//
// The life of an alert:
//
//   raised ──▶ offered ──▶ accepted ──▶ dispatched ──▶ on_site ──▶ resolved
//      │  ▲______│ (next step)   │            │             │
//      ▼         ▼               ▼            ▼             ▼
//      └────── cancelled (the device says the episode ended) ───┘
//   raised, offered ──▶ expired (nobody accepted within the catalogue's time)
//
// Steps. An offer ends by accept, reject, time-out or a broken link; all but the
// first lead to the next step at once. A receiver without a link is passed over
// (`unreachable`). The last step is repeated for as long as the alert is open,
// each `accept` seconds; that the chain ran out is told once by a technical
// alert. While the last step is at nobody's screen (no link, or just rejected)
// the alert is `waiting`: the next link of its receiver gets it at once.
//
// Each history entry adds one to the version. The one thing that moves without
// an entry is `next_action_at`: of an alert that is waiting and stays so, and of one
// that would wait for longer than its step, since the clock was set back. A clock that
// is set forward ends steps early.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alert_router/alert.h"
#include "alert_router/technical_kinds.h"

namespace nara::alert {

// True when what is offered to the receiver is seen: somebody attends there, or is
// about to (links.h). Must not block or throw.
using Reachable = std::function<bool(const std::string& receiver)>;

// What is to be done after the commit.
struct Effect {
  enum class Kind {
    kOffer,      // show the alert to `receiver`
    kWithdraw,   // take it from the screens of `receiver`, saying why
    kTechnical,  // raise a technical alert of kind `reason` about this one;
                 // unlike the others in the same transaction
  };
  Kind kind;
  std::string receiver;
  std::string reason;

  bool operator==(const Effect&) const = default;
};

// A row with what was done to it.
struct Change {
  Alert alert;
  std::vector<HistoryEntry> history;
  std::vector<Effect> effects;

  // Something happened that the history tells. Without it nobody is shown anything,
  // but `next_action_at` may have moved: the row is written all the same.
  bool Recorded() const { return !history.empty(); }
};

// What a person does, and on whose behalf.
struct Actor {
  std::string receiver;
  std::string operator_id;
};

// Answer to accept, reject and resolve.
enum class Verdict {
  kDone,         // changed
  kAlready,      // the same actor had done the same: no change, no error
  kTaken,        // another receiver or person has accepted it
  kEnded,        // it has ended
  kNotOffered,   // no step so far is this receiver's
  kNotAccepted,  // resolve before accept
};

struct Answer {
  Verdict verdict;
  Change change;  // the unchanged row unless kDone
};

// Raises `alert` (its id, key, chain, who answers, times but raised_at) and
// offers it to the first reachable step. With `ended_by` (the kind of an end
// that came before its beginning) it is recorded and cancelled at once, and
// nobody is disturbed. When `now` is not before alert.expires_at it is too late to
// ring for: it expires at once, and a technical alert tells of it. REQUIRES:
// alert.chain has a step.
Change Raise(Alert alert, const std::string& ended_by, const Reachable& reachable, Time now);

// A technical alert that nobody has answered yet is about something more.
Change Join(const Alert& technical, const std::string& what, Time now);

// Part of what a technical alert is about has ended.
Change Part(const Alert& technical, const std::string& what, Time now);

// The alert's time has come: time-out of the offer, repetition, expiry; or its time
// lies further ahead than it may. No change when it is not due (another router was
// faster).
Change Due(const Alert& alert, const Reachable& reachable, Time now);

// `receiver` has no link (any more): its open offers go to the next step.
Change LinkBroken(const Alert& alert, const std::string& receiver, const Reachable& reachable, Time now);

// Somebody attends at `receiver` again: what waited for it is offered.
Change LinkUp(const Alert& alert, const std::string& receiver, Time now);

// An event of kind `ended_by` ended the same episode.
Change End(const Alert& alert, const std::string& ended_by, Time now);

// The newest offer has reached a screen, which saw the alert in `version`: the
// offer's own, or a later one. Recorded once an offer, whatever a receiver sends.
Change Delivered(const Alert& alert, const Actor& actor, uint64_t version, Time now);

// Accept is for the receivers of the steps so far: who accepts a moment after
// the time-out is welcome as long as nobody else has.
Answer Accept(const Alert& alert, const Actor& actor, Time now);

// Reject is for the receiver of the current step.
Answer Reject(const Alert& alert, const Actor& actor, const std::string& reason, const Reachable& reachable, Time now);

// Resolve is for the receiver that accepted, whoever works there now.
Answer Resolve(const Alert& alert, const Actor& actor, const std::string& reason, Time now);

}  // namespace nara::alert
