#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nara/registry/v1/chains.pb.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/organisation.pb.h"
#include "nara/registry/v1/registry.pb.h"
#include "tools/fleet/fleet_state.h"
#include "tools/platform/registry_client.h"

namespace nara::fleet {

// Brings things into the registry, many at a time. What is there already stays:
// every method may be repeated after an error.
class Enrolment {
 public:
  explicit Enrolment(tools::RegistryClient& registry) : registry_(registry) {}

  // With their providers.
  absl::Status PutUnits(const std::vector<registry::v1::Unit>& units);
  absl::Status PutClients(const std::vector<registry::v1::Client>& clients);
  // A chain whose steps are stored already gets no new version.
  absl::Status PutChains(const std::vector<registry::v1::Chain>& chains);

  // Registers the devices and, where `connects` says so, gives each a new key
  // and certificate; then assigns each to its resident, with its unit answering
  // for CARE and ALARM, under the assignment id that `assignment_of` gives.
  struct Ids {
    std::function<bool(const PlannedDevice&)> connects;
    std::function<std::string(const PlannedDevice&)> assignment_of;
    // When the assignments start; absent for now.
    std::function<absl::Time(const PlannedDevice&)> start_of;
    // Ends an assignment that still runs, where it is another one.
    bool end_running = false;
  };
  absl::StatusOr<std::vector<FleetDevice>> Enrol(const std::vector<PlannedDevice>& devices, const Ids& ids);

  // Ends the assignments of these devices now.
  absl::Status EndAssignments(const std::vector<FleetDevice>& devices, const Ids& ids);

  // Gives each device a new key and certificate.
  absl::Status Provision(std::vector<FleetDevice*> devices);

 private:
  absl::Status PutProviders(const std::vector<registry::v1::Unit>& units);
  absl::Status Register(const std::vector<PlannedDevice>& devices);
  absl::Status Assign(const std::vector<PlannedDevice>& devices, const Ids& ids);
  absl::Status PutChain(const registry::v1::Chain& chain);
  absl::Status ProvisionBatch(const std::vector<FleetDevice*>& devices);
  absl::Status AssignOne(const PlannedDevice& device, const Ids& ids);

  tools::RegistryClient& registry_;
};

// A unit of the plan as the registry takes it.
registry::v1::Unit ToProto(const PlannedUnit& unit);

}  // namespace nara::fleet
