// Whether a device is there: what its signs of life, and their absence, mean. docs/formats/presence.md.
//
// All time here is *hearing time* (hearing_clock.h): milliseconds in which we could have heard the device. It stands
// still while we, the MQTT server or Redis are deaf, so that our own silence is nobody's. Wall time only names things
// and orders what was said within seconds.
//
//   not_connected ──▶ online ◀──▶ late ──▶ offline ──▶ online (when it has stayed)
//        └──────────▶ never_seen ──▶ online            any ──▶ not_connected (nobody expects it)
//
// Hysteresis: late begins a tenth after the interval, offline after two of them. Who was offline is online again when
// it has stayed for a while, the longer the more often it went within the last hours: a device that comes and goes each
// few minutes is offline, and says so once.
//
// Pure: no clock, no store.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nara::ingest {

enum class Presence : std::uint8_t {
  kNotConnected = 0,  // nobody expects to hear from it, or not yet
  kOnline = 1,
  kLate = 2,
  kOffline = 3,
  kNeverSeen = 4,  // since its assignment began
};
inline constexpr int kPresences = 5;

// "not_connected", "online", "late", "offline", "never_seen".
std::string_view PresenceName(Presence presence);

// Milliseconds; each of these trades a word too many against one too late.
struct PresenceRules {
  // Late begins at least so long after the interval, and offline at least so long after late.
  std::int64_t least_grace = 60'000;
  // A last will without a sign of life after it makes a device offline so much later.
  std::int64_t will_hold = 30'000;
  // Only of a device that is expected at least so often: others close their session between measurements, and a lost
  // network then says nothing.
  std::int64_t will_counts_up_to = 3'600'000;
  // Who was offline must stay for so long, doubled with each further time up to 32 of it.
  std::int64_t return_hold = 60'000;
  // A device that was handed out is set up within this, or within two intervals.
  std::int64_t never_seen_after = 86'400'000;
};

// When something was heard. Nothing was when `at` is 0.
struct Sign {
  std::int64_t hearing = 0;
  std::int64_t at = 0;  // wall, milliseconds since 1970

  bool operator==(const Sign&) const = default;
};

// What a device is expected to do.
struct Expectation {
  bool expected = false;
  std::int64_t interval = 0;  // longest normal silence, milliseconds
  std::int64_t since = 0;     // wall: when the assignment began
  bool paused = false;        // the resident is away: silence does not count
};

// What is known of a device; kept in Redis.
struct PresenceState {
  Presence presence = Presence::kNotConnected;
  // The change to `presence` is in the log. Until then nothing else becomes of it.
  bool told = true;
  // Names the spell of silence: the wall time of the last sign before it, of a device never seen the begin of its
  // assignment. Its end has the same name.
  std::int64_t anchor = 0;
  std::int64_t since = 0;         // of the assignment that is judged, wall
  std::int64_t from = 0;          // silence counts from here at the earliest, hearing
  std::int64_t changed = 0;       // hearing
  std::int64_t changed_at = 0;    // wall
  std::int64_t restlessness = 0;  // times that it went offline, one less for each hour in between
  Sign contact;                   // the last one
  Sign returned;                  // the first one since it is offline and has not gone again
  Sign will;                      // the last one, unless a contact followed

  bool operator==(const PresenceState&) const = default;
};

struct Now {
  std::int64_t hearing = 0;
  std::int64_t wall = 0;
};

// Takes what was heard; older than what is known changes nothing. Of two signs that lie close together in hearing time,
// which each lane dates some seconds late, the later one on the wall came after; of others that in hearing time, so
// that a wall clock that was set makes nobody silent.
void TakeContact(PresenceState& state, const Sign& contact);
void TakeWill(PresenceState& state, const Sign& will);

// True when a contact that is not known yet could change the judgement: whoever keeps contacts is asked then only.
bool NeedsContact(const PresenceState& state, const Expectation& expectation, const Now& now,
                  const PresenceRules& rules);

// Judges. True when `presence` has changed; it is then not told yet, but for what nobody needs to be told: that it is
// there as expected, or is not expected any more. Does nothing while something is untold.
bool JudgePresence(PresenceState& state, const Expectation& expectation, const Now& now, const PresenceRules& rules);

// How long the device has been silent, in hearing time.
std::int64_t Silence(const PresenceState& state, const Now& now);

}  // namespace nara::ingest
