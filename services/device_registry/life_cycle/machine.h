// What may happen to a device: a table of moves, and nothing but it. A pure function;
// docs/formats/device-life.md shows the same table, and a test compares the two.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "nara/registry/v1/life_cycle.pb.h"

namespace nara::registry {

// What must hold in the registry for a move. Bits: a move may ask for several.
enum Guard : unsigned {
  kNoGuard = 0,
  kRunning = 1U << 0U,     // an assignment of it runs
  kUnassigned = 1U << 1U,  // none runs or is planned
  kUnpaired = 1U << 2U,    // no certificate of it lets it in
  kTrained = 1U << 3U,     // the day of the training has come
};

// What the move must bring.
enum class Need { kNothing, kTrainingDate, kPlace, kCleared, kReplacement, kTest };

struct Transition {
  v1::DeviceState from;
  v1::DeviceEvent event;
  v1::DeviceState to;
  unsigned guard = kNoGuard;
  Need need = Need::kNothing;
};

// What is true of a device when a move is asked for.
struct Facts {
  bool running = false;
  bool assigned = false;  // runs, or is planned
  bool paired = false;
  absl::CivilDay today;        // of the move, in Sweden
  absl::CivilDay training_on;  // of the last WAIT_FOR_TRAINING
};

std::span<const Transition> Transitions();

// Null when the event is not possible in the state.
const Transition* FindTransition(v1::DeviceState from, v1::DeviceEvent event);

// The state after the event. FAILED_PRECONDITION with the device's id: NOT_VERIFIED,
// NOT_HANDED_OUT or MOVE_NOT_POSSIBLE when the table has no such move, NOT_ASSIGNED,
// STILL_ASSIGNED, STILL_PAIRED or NOT_TRAINED when its guard does not hold.
// INVALID_ARGUMENT when it lacks what it needs, or brings what is another event's.
absl::StatusOr<v1::DeviceState> Next(const std::string& device, v1::DeviceState from, v1::DeviceEvent event,
                                     const v1::MoveDetails& details, const Facts& facts);

// "2026-03-02". INVALID_ARGUMENT names the field.
absl::StatusOr<absl::CivilDay> ParseDay(const std::string& field, std::string_view text);

// "in_stock", "put_in_use".
std::string Name(v1::DeviceState state);
std::string Name(v1::DeviceEvent event);

}  // namespace nara::registry
