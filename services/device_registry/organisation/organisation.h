// The organisation: providers and units of the principals, the agreements that they
// take part in, staff and their roles. Each method is one call of
// proto/nara/registry/v1; errors carry a reason.
//
// Thread-safe when its store is. What a Put changes is authorized twice: as it shall
// be, and, inside the transaction, as it was.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/catalogue/catalogue.h"
#include "device_registry/organisation/store.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/organisation.pb.h"

namespace nara::registry {

class Organisation {
 public:
  struct Deps {
    OrganisationStore& store;
    const Catalogue& catalogue;
    const Authorizer& authorizer;
    // A fresh random id.
    std::function<std::string()> new_id;
  };

  explicit Organisation(Deps deps) : deps_(std::move(deps)), rights_(deps_.authorizer) {}

  absl::StatusOr<v1::PutUnitResponse> PutUnit(const Caller& caller, const v1::PutUnitRequest& request);
  absl::StatusOr<v1::ListUnitsResponse> ListUnits(const Caller& caller, const v1::ListUnitsRequest& request);
  absl::StatusOr<v1::PutProviderResponse> PutProvider(const Caller& caller, const v1::PutProviderRequest& request);
  absl::StatusOr<v1::ListProvidersResponse> ListProviders(const Caller& caller,
                                                          const v1::ListProvidersRequest& request);
  absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(const Caller& caller,
                                                            const v1::ListAgreementsRequest& request);
  absl::StatusOr<v1::PutParticipationResponse> PutParticipation(const Caller& caller,
                                                                const v1::PutParticipationRequest& request);
  absl::StatusOr<v1::ListParticipationsResponse> ListParticipations(const Caller& caller,
                                                                    const v1::ListParticipationsRequest& request);
  absl::StatusOr<v1::PutStaffResponse> PutStaff(const Caller& caller, const v1::PutStaffRequest& request);
  absl::StatusOr<v1::ListStaffResponse> ListStaff(const Caller& caller, const v1::ListStaffRequest& request);
  absl::StatusOr<v1::PutStaffAssignmentResponse> PutStaffAssignment(const Caller& caller,
                                                                    const v1::PutStaffAssignmentRequest& request);
  absl::StatusOr<v1::ListStaffAssignmentsResponse> ListStaffAssignments(const Caller& caller,
                                                                        const v1::ListStaffAssignmentsRequest& request);

 private:
  // May the caller arrange things for each of the provider's principals?
  absl::Status CheckPrincipals(const Caller& caller, const v1::Provider& provider) const;
  // Can the principal take part: it is there, and of a kind that the agreement is for?
  absl::Status CheckParty(const v1::Participation& participation) const;
  // May the caller give the person work in the unit?
  absl::Status CheckWork(const Caller& caller, const v1::StaffAssignment& assignment);

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
