// Who may call, and what residents let others see (docs/formats/privacy.md). As Registry
// (registry.h).
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/access/authorizer.h"
#include "device_registry/care.h"
#include "device_registry/privacy/access_leases.h"
#include "device_registry/privacy/store.h"
#include "device_registry/rights.h"
#include "nara/registry/v1/clients.pb.h"
#include "nara/registry/v1/privacy.pb.h"

namespace nara::registry {

class Privacy {
 public:
  struct Deps {
    Store& registry;
    PrivacyStore& store;
    const Authorizer& authorizer;
    AccessLeases& leases;
    // The revision that WatchAccess shows.
    std::function<std::uint64_t()> shown;
  };

  explicit Privacy(Deps deps) : deps_(std::move(deps)), rights_(deps_.authorizer) {}

  // For who may make clients.
  absl::StatusOr<v1::ListClientsResponse> ListClients(const Caller& caller, const v1::ListClientsRequest& request);

  // For who answers for the resident's care, and the principal in whose register the
  // resident is.
  absl::StatusOr<v1::PutConsentResponse> PutConsent(const Caller& caller, const v1::PutConsentRequest& request);
  absl::StatusOr<v1::WithdrawConsentResponse> WithdrawConsent(const Caller& caller,
                                                              const v1::WithdrawConsentRequest& request);
  absl::StatusOr<v1::ListConsentsResponse> ListConsents(const Caller& caller, const v1::ListConsentsRequest& request);

  // For units of the provider, and its principals, when they know the resident. Blocks
  // what has been measured too, so also for who answered once.
  absl::StatusOr<v1::SetBlockResponse> SetBlock(const Caller& caller, const v1::SetBlockRequest& request);
  absl::StatusOr<v1::LiftBlockResponse> LiftBlock(const Caller& caller, const v1::LiftBlockRequest& request);
  absl::StatusOr<v1::ListBlocksResponse> ListBlocks(const Caller& caller, const v1::ListBlocksRequest& request);

  // Does not wait for anything. Unavailable while PostgreSQL does not answer.
  absl::StatusOr<v1::ConfirmAccessResponse> ConfirmAccess(const Caller& caller,
                                                          const v1::ConfirmAccessRequest& request);

 private:
  absl::Status CheckResident(const Caller& caller, Action action, const std::string& resident, When when) {
    return CheckCare(rights_, deps_.registry, caller, action, resident, when);
  }
  // A block's provider, or its unit.
  absl::Status CheckBlocked(const Caller& caller, const v1::Block& block);
  absl::StatusOr<v1::Consent> FindConsent(const Caller& caller, const std::string& id);
  absl::StatusOr<v1::Block> FindBlock(const Caller& caller, const std::string& id);

  const Deps deps_;
  const Rights rights_;
};

}  // namespace nara::registry
