// What the rules of responsibility need from PostgreSQL, as small interfaces.
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "device_registry/ports.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

// Ask the rules about what a write is going to touch, inside its transaction: nobody
// else can change it before the write is done. An error refuses the write and is what
// the caller gets. `now` is the transaction's.
using AssignmentGuard =
    std::function<absl::Status(const v1::Assignment& assignment, const google::protobuf::Timestamp& now)>;
// With every assignment of the device that has not ended when the new one starts.
using DeviceGuard = std::function<absl::Status(const v1::Device& device, const std::vector<v1::Assignment>& running,
                                               const google::protobuf::Timestamp& now)>;

// An assignment to be made; the units have been looked up.
struct NewAssignment {
  v1::AssignDeviceRequest request;
  v1::Unit care;
  v1::Unit alarm;
  DeviceGuard guard;
};

// Thread-safe. Each write is one transaction with one revision and its audit rows; it
// is durable when it returns. Unavailable when the store is out of reach.
class AssignmentStore {
 public:
  virtual ~AssignmentStore() = default;

  virtual absl::StatusOr<v1::Assignment> Assign(const Actor& actor, const NewAssignment& assignment) = 0;
  virtual absl::StatusOr<v1::Assignment> End(const Actor& actor, const v1::EndAssignmentRequest& request,
                                             const AssignmentGuard& guard) = 0;
  virtual absl::StatusOr<v1::Assignment> Transfer(const Actor& actor, const v1::TransferResponsibilityRequest& request,
                                                  const v1::Unit& unit, const AssignmentGuard& guard) = 0;
};

}  // namespace nara::registry
