// Who a resident is. Each method is one call of proto/nara/registry/v1; errors carry a
// reason, and never anything of an identity.
//
// Three walls: the role (read_identity, for who answers for the resident), the special
// right for protected identities, and encryption at rest. What a caller is shown is
// remembered before it is answered.
//
// Thread-safe when its ports are.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/catalogue/catalogue.h"
#include "common/time/clock.h"
#include "device_registry/identity_keys.h"
#include "device_registry/residents/store.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/residents.pb.h"

namespace nara::registry {

class Residents {
 public:
  struct Deps {
    ResidentStore& store;
    const IdentityKeys& keys;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
    const Clock& clock;
    // A fresh random id.
    std::function<std::string()> new_id;
  };

  explicit Residents(Deps deps) : deps_(std::move(deps)), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::RegisterResidentResponse> RegisterResident(const Caller& caller,
                                                                const v1::RegisterResidentRequest& request);
  absl::StatusOr<v1::UpdateIdentityResponse> UpdateIdentity(const Caller& caller,
                                                            const v1::UpdateIdentityRequest& request);
  absl::StatusOr<v1::GetResidentResponse> GetResident(const Caller& caller, const v1::GetResidentRequest& request);
  absl::StatusOr<v1::FindResidentsResponse> FindResidents(const Caller& caller,
                                                          const v1::FindResidentsRequest& request);
  absl::StatusOr<v1::ListResidentsResponse> ListResidents(const Caller& caller,
                                                          const v1::ListResidentsRequest& request);
  absl::StatusOr<v1::PutProtectedAccessResponse> PutProtectedAccess(const Caller& caller,
                                                                    const v1::PutProtectedAccessRequest& request);
  absl::StatusOr<v1::ListProtectedAccessResponse> ListProtectedAccess(const Caller& caller,
                                                                      const v1::ListProtectedAccessRequest& request);
  absl::StatusOr<v1::RotateIdentityKeysResponse> RotateIdentityKeys(const Caller& caller,
                                                                    const v1::RotateIdentityKeysRequest& request);

 private:
  absl::CivilDay Today() const;
  absl::StatusOr<v1::Identity> Open(const ResidentRecord& record) const;
  absl::StatusOr<SealedIdentity> Seal(const ResidentRecord& resident, const v1::Identity& identity,
                                      std::vector<std::string> fields) const;
  // In the form in which it is stored: number and what it tells.
  absl::StatusOr<v1::Identity> Checked(const v1::Identity& identity) const;
  // Is it there for this caller, and may it see who it is?
  absl::StatusOr<bool> MayRead(const Caller& caller, const ResidentRecord& record) const;
  absl::StatusOr<v1::Resident> Show(const ResidentRecord& record, bool may_read) const;
  absl::StatusOr<std::optional<SealedIdentity>> Registered(const Caller& caller, const ResidentRecord& wished,
                                                           const v1::Identity& identity,
                                                           const std::optional<ResidentRecord>& stored) const;
  absl::StatusOr<std::optional<SealedIdentity>> Updated(const Caller& caller, const v1::UpdateIdentityRequest& request,
                                                        const std::optional<ResidentRecord>& stored) const;
  // Remembers that somebody tried a number that protected residents have.
  absl::Status RememberProtected(const Caller& caller, const std::string& number);

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
