// What an alert is, as rows: plain values without any library's types.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nara::alert {

// A point in time as PostgreSQL keeps it (microseconds, UTC).
using Time = std::chrono::sys_time<std::chrono::microseconds>;

// Where an alert is in its life. The numbers are those of nara.alert.v1.State
// and of the column alerts.state.
enum class State {
  kRaised = 1,      // not yet offered to anybody
  kOffered = 2,     // offered to the receiver of the current step
  kAccepted = 3,    // a receiver has accepted it
  kDispatched = 4,  // somebody has been sent
  kOnSite = 5,      // somebody is with the resident
  kResolved = 6,    // done, by a receiver
  kCancelled = 7,   // the same episode ended by itself
  kExpired = 8,     // no longer an alarm by the catalogue's time
};

// One word for a state in logs and metrics, for example "offered".
std::string_view StateName(State state);

// True for resolved, cancelled and expired: nothing happens to it any more.
bool IsEnded(State state);

// True while nobody has accepted it: it must have a next_action_at.
bool IsUnanswered(State state);

// What an alert is about: an episode, by the device's word, within one assignment.
// `episode` is the event id where the event had none. Who uses it again: episode.h.
struct Key {
  std::string device;
  std::string kind;
  std::string episode;
  std::string assignment;  // empty for a technical alert

  auto operator<=>(const Key&) const = default;
};

// A step of an alarm chain: a receiver and how long it may take to accept.
struct Step {
  std::string receiver;
  std::chrono::seconds accept{0};  // 1 to 3600

  bool operator==(const Step&) const = default;
};

// The version of a unit's chain that an alert follows from its raising to its
// end. The steps are kept with the alert: a chain that is changed or deleted
// meanwhile changes nothing.
struct PinnedChain {
  uint32_t version = 0;  // 0: no chain, the configured fallback receiver alone
  std::vector<Step> steps;

  bool operator==(const PinnedChain&) const = default;
};

// A row of alerts.alerts.
struct Alert {
  std::string id;
  Key key;
  std::string resident;   // opaque; empty for a technical alert
  std::string principal;  // empty when nobody is known to answer
  std::string unit;
  std::string product;
  std::string event_id;
  PinnedChain chain;
  uint32_t step = 0;  // index in chain.steps
  State state = State::kRaised;
  uint64_t version = 0;        // the number of its history entries
  bool waiting = false;        // open, but at nobody's screen: see engine.h
  bool exhausted = false;      // its chain has run out once
  bool technical = false;      // about the system, not about a person
  uint64_t offer_version = 0;  // version that made the newest offer; 0: none yet
  bool delivered = false;      // that offer has reached a screen
  Time offered_at{};           // when that offer was made; raised_at before the first
  Time effective_at{};         // when the event was produced
  Time raised_at{};
  Time expires_at{};
  std::optional<Time> next_action_at;  // absent when nothing is due
  std::string receiver;                // whom it is offered to or waits for, or who accepted it
  std::string operator_id;             // who accepted it at the receiver; opaque

  bool operator==(const Alert&) const = default;
};

// Where an alert stands in the order in which offers were made. Members decide one
// after the other; a default one is before everything.
struct Place {
  Time offered_at{};
  Time raised_at{};
  std::string id;

  auto operator<=>(const Place&) const = default;
};

Place PlaceOf(const Alert& alert);

// A row of alerts.history: one thing that happened; never changed.
struct HistoryEntry {
  uint64_t version = 0;
  Time at{};
  std::string action;  // docs/formats/alerts.md lists them
  State state = State::kRaised;
  uint32_t step = 0;
  std::string receiver;
  std::string actor;  // operator; empty for the router itself
  std::string reason;

  bool operator==(const HistoryEntry&) const = default;
};

}  // namespace nara::alert
