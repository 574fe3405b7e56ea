// The registry's rules: who may do what, in which form, and what it means. Each
// method is one call of proto/nara/registry/v1; errors carry a reason.
//
// Thread-safe when its ports are. Every method authorizes before it reveals or
// changes anything: what a caller may not see is not there for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/authorizer.h"
#include "common/catalogue/catalogue.h"
#include "common/time/clock.h"
#include "device_registry/ports.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/registry.pb.h"

namespace nara::registry {

class Registry {
 public:
  struct Deps {
    Store& store;
    Credentials& credentials;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
    const Clock& clock;
    // Waits until the rights at a revision are in force here.
    std::function<bool(std::uint64_t revision)> in_force;
    // A fresh random id.
    std::function<std::string()> new_id;
  };

  explicit Registry(Deps deps) : deps_(std::move(deps)), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::ListPrincipalsResponse> ListPrincipals(const Caller& caller,
                                                            const v1::ListPrincipalsRequest& request);
  absl::StatusOr<v1::PutUnitResponse> PutUnit(const Caller& caller, const v1::PutUnitRequest& request);
  absl::StatusOr<v1::ListUnitsResponse> ListUnits(const Caller& caller, const v1::ListUnitsRequest& request);
  absl::StatusOr<v1::RegisterDevicesResponse> RegisterDevices(const Caller& caller,
                                                              const v1::RegisterDevicesRequest& request);
  absl::StatusOr<v1::ProvisionDevicesResponse> ProvisionDevices(const Caller& caller,
                                                                const v1::ProvisionDevicesRequest& request);
  absl::StatusOr<v1::GetDeviceResponse> GetDevice(const Caller& caller, const v1::GetDeviceRequest& request);
  absl::StatusOr<v1::ListDevicesResponse> ListDevices(const Caller& caller, const v1::ListDevicesRequest& request);
  absl::StatusOr<v1::CreateResidentResponse> CreateResident(const Caller& caller,
                                                            const v1::CreateResidentRequest& request);
  absl::StatusOr<v1::AssignDeviceResponse> AssignDevice(const Caller& caller, const v1::AssignDeviceRequest& request);
  absl::StatusOr<v1::EndAssignmentResponse> EndAssignment(const Caller& caller,
                                                          const v1::EndAssignmentRequest& request);
  absl::StatusOr<v1::TransferResponsibilityResponse> TransferResponsibility(
      const Caller& caller, const v1::TransferResponsibilityRequest& request);
  absl::StatusOr<v1::PutClientResponse> PutClient(const Caller& caller, const v1::PutClientRequest& request);

  // May this caller follow the watches?
  absl::Status CheckWatch(const Caller& caller) const;

 private:
  std::vector<Object> FacesOf(const v1::Device& device) const;
  absl::Status CheckOwners(const Caller& caller, Action action, const std::vector<std::string>& ids);
  absl::StatusOr<v1::Unit> FindUnit(const std::string& id);
  absl::StatusOr<v1::Unit> UnitToAnswer(const Caller& caller, const std::string& id);
  absl::Status CheckResident(const Caller& caller, const std::string& id);
  // The fallback unit gets alerts, so it is named by who may act for its principal.
  absl::Status CheckFallbacks(const Caller& caller, const std::vector<v1::Device>& devices);
  absl::Status CheckUnitsOf(const v1::Client& client);
  // Does the caller's principal answer for the purpose at `from` and at every change
  // point until `until`? At the start, when that is later than `from`.
  absl::Status CheckAnswers(const Caller& caller, const v1::Assignment& assignment, v1::Purpose purpose,
                            const google::protobuf::Timestamp& from, const google::protobuf::Timestamp& until) const;
  // To end it is for who answers for CARE now, and since the end if that is earlier.
  absl::Status CheckEnd(const Caller& caller, const v1::Assignment& assignment,
                        const google::protobuf::Timestamp& end_at, const google::protobuf::Timestamp& now) const;
  // A free device is for its owner and, when that is a region, for the region's
  // municipalities; one that runs is for who may end that.
  absl::Status CheckDevice(const Caller& caller, const v1::AssignDeviceRequest& request, const v1::Device& device,
                           const std::vector<v1::Assignment>& running, const google::protobuf::Timestamp& now) const;

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
