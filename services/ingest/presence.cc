#include "ingest/presence.h"

#include <algorithm>
#include <cstdlib>

namespace nara::ingest {
namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kMostDoublings = 5;
// Longer than a lane keeps a contact to itself.
constexpr std::int64_t kCloseTogether = 30'000;

bool After(const Sign& sign, const Sign& other) {
  const std::int64_t apart = sign.hearing - other.hearing;
  return std::abs(apart) > kCloseTogether ? apart > 0 : sign.at > other.at;
}

// In the assignment that is judged: what was heard before says nothing about who has it now.
bool Seen(const PresenceState& state) {
  return state.contact.at != 0 && state.contact.at >= state.since;
}

std::int64_t LateAfter(const Expectation& expectation, const PresenceRules& rules) {
  return expectation.interval + std::max(expectation.interval / 10, rules.least_grace);
}

std::int64_t OfflineAfter(const Expectation& expectation, const PresenceRules& rules) {
  return std::max(2 * expectation.interval, LateAfter(expectation, rules) + rules.least_grace);
}

bool WillCounts(const PresenceState& state, const Expectation& expectation, const PresenceRules& rules) {
  return state.will.at != 0 && expectation.interval <= rules.will_counts_up_to;
}

std::int64_t ReturnHold(const PresenceState& state, const PresenceRules& rules) {
  if (state.restlessness == 0) return 0;
  return rules.return_hold << std::min(state.restlessness - 1, kMostDoublings);
}

void CountDeparture(PresenceState& state, const Now& now) {
  const std::int64_t quiet = (now.hearing - state.changed) / kHour;
  state.restlessness = std::max<std::int64_t>(state.restlessness - quiet, 0) + 1;
  state.returned = {};
}

// Being there, and not being expected: nobody is told unless something was missing before.
bool IsQuiet(Presence presence) {
  return presence == Presence::kOnline || presence == Presence::kNotConnected;
}

// A new spell of silence is named by the sign before it.
void Name(PresenceState& state, Presence next) {
  if (!IsQuiet(state.presence)) return;
  if (state.presence == Presence::kNotConnected) state.anchor = state.since;
  if (next == Presence::kLate || next == Presence::kOffline) state.anchor = state.contact.at;
}

void Change(PresenceState& state, Presence next, const Now& now) {
  Name(state, next);
  if (next == Presence::kOffline) CountDeparture(state, now);
  state.told = IsQuiet(state.presence) && IsQuiet(next);
  state.presence = next;
  state.changed = now.hearing;
  state.changed_at = now.wall;
}

Presence JudgeSilence(const PresenceState& state, const Expectation& expectation, const Now& now,
                      const PresenceRules& rules) {
  const std::int64_t silence = Silence(state, now);
  const bool lost = WillCounts(state, expectation, rules) && now.hearing - state.will.hearing >= rules.will_hold;
  if (lost || silence >= OfflineAfter(expectation, rules)) return Presence::kOffline;
  if (silence >= LateAfter(expectation, rules)) return Presence::kLate;
  const bool overdue = state.presence == Presence::kLate && silence >= expectation.interval;
  return overdue ? Presence::kLate : Presence::kOnline;
}

Presence JudgeUnseen(const PresenceState& state, const Expectation& expectation, const Now& now,
                     const PresenceRules& rules) {
  const std::int64_t patience = std::max(rules.never_seen_after, OfflineAfter(expectation, rules));
  return Silence(state, now) >= patience ? Presence::kNeverSeen : state.presence;
}

// It is back when it has stayed; who has gone silent meanwhile begins anew.
Presence JudgeReturn(PresenceState& state, const Expectation& expectation, const Now& now, const PresenceRules& rules) {
  if (Silence(state, now) >= LateAfter(expectation, rules)) state.returned = {};
  const bool stayed = state.returned.at != 0 && now.hearing - state.returned.hearing >= ReturnHold(state, rules);
  return stayed && !WillCounts(state, expectation, rules) ? Presence::kOnline : state.presence;
}

Presence Decide(PresenceState& state, const Expectation& expectation, const Now& now, const PresenceRules& rules) {
  switch (state.presence) {
    case Presence::kNotConnected:
      return Seen(state) ? Presence::kOnline : JudgeUnseen(state, expectation, now, rules);
    case Presence::kNeverSeen:
      return Seen(state) ? Presence::kOnline : Presence::kNeverSeen;
    case Presence::kOffline:
      return JudgeReturn(state, expectation, now, rules);
    case Presence::kOnline:
    case Presence::kLate:
      break;
  }
  return JudgeSilence(state, expectation, now, rules);
}

// The device is nobody's, or somebody else's than before.
bool Leaves(const PresenceState& state, const Expectation& expectation) {
  return !expectation.expected || state.since != expectation.since;
}

bool Leave(PresenceState& state, const Expectation& expectation, const Now& now) {
  const bool changes = state.presence != Presence::kNotConnected;
  if (changes) Change(state, Presence::kNotConnected, now);
  state.since = expectation.expected ? expectation.since : 0;
  state.from = expectation.expected ? now.hearing : 0;
  state.restlessness = 0;
  state.returned = {};
  return changes;
}

}  // namespace

std::string_view PresenceName(Presence presence) {
  switch (presence) {
    case Presence::kNotConnected:
      return "not_connected";
    case Presence::kOnline:
      return "online";
    case Presence::kLate:
      return "late";
    case Presence::kOffline:
      return "offline";
    case Presence::kNeverSeen:
      return "never_seen";
  }
  return "unknown";
}

void TakeContact(PresenceState& state, const Sign& contact) {
  if (!After(contact, state.contact)) return;
  state.contact = contact;
  if (state.will.at != 0 && After(state.will, contact)) return;
  state.will = {};
  if (state.presence == Presence::kOffline && state.returned.at == 0) state.returned = contact;
}

void TakeWill(PresenceState& state, const Sign& will) {
  if (!After(will, state.will) || !After(will, state.contact)) return;
  state.will = will;
  state.returned = {};
}

std::int64_t Silence(const PresenceState& state, const Now& now) {
  const std::int64_t heard = Seen(state) ? state.contact.hearing : 0;
  return now.hearing - std::max(heard, state.from);
}

bool NeedsContact(const PresenceState& state, const Expectation& expectation, const Now& now,
                  const PresenceRules& rules) {
  if (!expectation.expected) return false;
  if (state.presence != Presence::kOnline || state.since != expectation.since) return true;
  return Silence(state, now) >= expectation.interval || WillCounts(state, expectation, rules);
}

bool JudgePresence(PresenceState& state, const Expectation& expectation, const Now& now, const PresenceRules& rules) {
  if (!state.told) return false;
  if (Leaves(state, expectation)) return Leave(state, expectation, now);
  if (expectation.paused) state.from = now.hearing;
  const Presence next = Decide(state, expectation, now, rules);
  if (next == state.presence) return false;
  Change(state, next, now);
  return true;
}

}  // namespace nara::ingest
