// What the life cycle's rules need from PostgreSQL.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/postgres/param.h"
#include "device_registry/life_cycle/machine.h"
#include "device_registry/ports.h"
#include "nara/registry/v1/life_cycle.pb.h"

namespace nara::registry {

// Where a device stands inside a write: nobody else can move it before that is done.
struct DeviceStanding {
  v1::DeviceState state = v1::DEVICE_STATE_UNSPECIFIED;
  Facts facts;
  int moves = 0;
  std::uint64_t revision = 0;
  TimePoint now;                        // the transaction's
  TimePoint not_before;                 // when the last move happened
  std::optional<TimePoint> ordered_at;  // last
};

using MoveDecision = std::function<absl::StatusOr<v1::DeviceState>(const DeviceStanding& standing)>;
using TestDecision =
    std::function<absl::StatusOr<v1::DeviceState>(const DeviceStanding& standing, const v1::Assignment&)>;

// Thread-safe. Each write is one transaction; Unavailable when the store is out of reach.
class LifeCycleStore {
 public:
  virtual ~LifeCycleStore() = default;

  // `request` has an id; the decision is asked unless a move with that id is there:
  // then that one is the answer, or ALREADY_EXISTS when it was another wish. ABORTED
  // when the device is not at the request's revision any more.
  virtual absl::StatusOr<v1::DeviceMove> Move(const Actor& actor, const v1::MoveDeviceRequest& request,
                                              const MoveDecision& decide) = 0;
  // The decision is asked unless the assignment has a test of that epoch.
  virtual absl::Status Confirm(const Actor& actor, const v1::ConfirmTestRequest& request,
                               const TestDecision& decide) = 0;
  // Hands out the devices of planned assignments whose start has come, as soon as their
  // state lets them; how many. By PostgreSQL's clock, once each, whoever calls.
  virtual absl::StatusOr<int> HandOutBegun(const Actor& actor) = 0;
  // Those after an ordinal, in their order.
  virtual absl::StatusOr<std::vector<v1::DeviceMove>> History(const std::string& device, std::uint32_t after,
                                                              int limit) = 0;
};

}  // namespace nara::registry
