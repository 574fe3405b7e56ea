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
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/organisation.pb.h"
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
  absl::StatusOr<v1::RegisterDevicesResponse> RegisterDevices(const Caller& caller,
                                                              const v1::RegisterDevicesRequest& request);
  absl::StatusOr<v1::ProvisionDevicesResponse> ProvisionDevices(const Caller& caller,
                                                                const v1::ProvisionDevicesRequest& request);
  absl::StatusOr<v1::GetDeviceResponse> GetDevice(const Caller& caller, const v1::GetDeviceRequest& request);
  absl::StatusOr<v1::ListDevicesResponse> ListDevices(const Caller& caller, const v1::ListDevicesRequest& request);
  absl::StatusOr<v1::CreateResidentResponse> CreateResident(const Caller& caller,
                                                            const v1::CreateResidentRequest& request);
  absl::StatusOr<v1::PutClientResponse> PutClient(const Caller& caller, const v1::PutClientRequest& request);

  // May this caller follow the watches?
  absl::Status CheckWatch(const Caller& caller) const;

 private:
  absl::Status CheckOwners(const Caller& caller, Action action, const std::vector<std::string>& ids);
  absl::StatusOr<v1::Unit> FindUnit(const std::string& id);
  // The fallback unit gets alerts, so it is named by who may act for its principal.
  absl::Status CheckFallbacks(const Caller& caller, const std::vector<v1::Device>& devices);
  absl::Status CheckUnitsOf(const v1::Client& client);

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
