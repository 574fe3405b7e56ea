// Moves of devices inside a write, for every area that moves one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "device_registry/database.h"
#include "device_registry/life_cycle/store.h"

namespace nara::registry {

struct NewMove {
  std::string device;
  int ordinal = 0;
  std::optional<std::string> wish;  // id of MoveDevice
  v1::DeviceEvent event = v1::DEVICE_EVENT_UNSPECIFIED;
  v1::DeviceState from = v1::DEVICE_STATE_UNSPECIFIED;
  v1::DeviceState to = v1::DEVICE_STATE_UNSPECIFIED;
  std::string reason;
  TimePoint at;
  v1::MoveDetails details;
  std::optional<int> lead_days;
};

// By id; what is not there is missing. The day of the facts is that of `at`, or of now.
absl::StatusOr<std::map<std::string, DeviceStanding>> ReadStandings(Ask ask, const std::vector<std::string>& devices,
                                                                    const std::optional<TimePoint>& at);
absl::StatusOr<std::map<std::string, DeviceStanding>> ReadStandings(Write& write,
                                                                    const std::vector<std::string>& devices,
                                                                    const std::optional<TimePoint>& at);

// The lead time of a delivery, in Swedish working days; none when it was not ordered.
std::optional<int> LeadDays(v1::DeviceState from, v1::DeviceEvent event, const std::optional<TimePoint>& ordered_at,
                            TimePoint at);

// Stores moves of devices that are where the last of them leads already.
absl::Status InsertMoves(Write& write, const std::vector<NewMove>& moves);

// Stores the moves, in order, and brings the devices to where the last of each leads.
// Audits nothing: whoever moves says why in its own words.
absl::Status AddMoves(Write& write, const std::vector<NewMove>& moves);

// A device that is given to somebody is handed out; when the assignment is still to
// come, that is remembered (LifeCycleStore::HandOutBegun).
absl::Status HandOut(Write& write, const v1::Assignment& assignment);

// Columns of device_moves.
v1::DeviceMove DeviceMoveOf(const Row& row);

}  // namespace nara::registry
