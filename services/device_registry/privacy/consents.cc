// Consents: for who answers for the resident's care.
#include <utility>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/page.h"
#include "device_registry/periods.h"
#include "device_registry/privacy/forms.h"
#include "device_registry/privacy/privacy.h"

namespace nara::registry {
namespace {

// In the form in which it is stored; what only we say is left out.
v1::Consent Wished(v1::Consent consent) {
  consent.clear_withdrawn_at();
  consent.clear_withdrawn_reason();
  if (consent.has_start_at()) CutTime(*consent.mutable_start_at());
  if (consent.has_end_at()) CutTime(*consent.mutable_end_at());
  return consent;
}

absl::Status StaysOf(const v1::Consent& before, const v1::Consent& wished) {
  const bool same = before.resident() == wished.resident() && before.giver() == wished.giver() &&
                    before.cohabitant() == wished.cohabitant() && before.use() == wished.use();
  if (!same) return Differs("consent", wished.id());
  if (!before.has_withdrawn_at()) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "CONSENT_WITHDRAWN",
                    "the consent was withdrawn; store a new one under another id", {{"consent", wished.id()}});
}

}  // namespace

absl::StatusOr<v1::PutConsentResponse> Privacy::PutConsent(const Caller& caller, const v1::PutConsentRequest& request) {
  const v1::Consent wished = Wished(request.consent());
  absl::Status status = CheckResident(caller, Action::kConsent, wished.resident(), When::kNow);
  if (status.ok()) status = Validate(wished);
  if (!status.ok()) return status;
  const auto guard = [&](const v1::Consent& before) { return StaysOf(before, wished); };
  absl::StatusOr<v1::Consent> stored = deps_.store.PutConsent(ActorOf(caller), wished, guard);
  if (!stored.ok()) return stored.status();
  v1::PutConsentResponse response;
  // A new one takes nothing away, unless it says that more people live there.
  const bool restricts = wished.revision() != 0 || wished.use() == v1::DATA_USE_SUPERVISION;
  if (restricts) *response.mutable_in_force() = deps_.leases.WaitFor(stored->revision());
  *response.mutable_consent() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::Consent> Privacy::FindConsent(const Caller& caller, const std::string& id) {
  absl::StatusOr<std::optional<v1::Consent>> found = deps_.store.FindConsent(id);
  if (!found.ok()) return found.status();
  const absl::Status hidden = NotThere("consent", id);
  const std::string resident = found->has_value() ? (*found)->resident() : "";
  const absl::Status status = CheckResident(caller, Action::kConsent, resident, When::kNow);
  if (absl::IsNotFound(status)) return hidden;
  if (!status.ok()) return status;
  return **std::move(found);
}

absl::StatusOr<v1::WithdrawConsentResponse> Privacy::WithdrawConsent(const Caller& caller,
                                                                     const v1::WithdrawConsentRequest& request) {
  if (absl::Status status = ValidateReason(request.reason()); !status.ok()) return status;
  const absl::StatusOr<v1::Consent> found = FindConsent(caller, request.consent());
  if (!found.ok()) return found.status();
  absl::StatusOr<v1::Consent> stored =
      deps_.store.WithdrawConsent(ActorOf(caller), request.consent(), request.reason());
  if (!stored.ok()) return stored.status();
  v1::WithdrawConsentResponse response;
  *response.mutable_in_force() = deps_.leases.WaitFor(stored->revision());
  *response.mutable_consent() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListConsentsResponse> Privacy::ListConsents(const Caller& caller,
                                                               const v1::ListConsentsRequest& request) {
  absl::Status status = CheckResident(caller, Action::kConsent, request.resident(), When::kNow);
  if (!status.ok()) return status;
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto consents =
      deps_.store.ListConsents({.resident = request.resident(), .after = page->after, .limit = page->limit()});
  if (!consents.ok()) return consents.status();
  v1::ListConsentsResponse response;
  response.set_next_page_token(CutPage(*consents, *page));
  for (v1::Consent& consent : *consents) *response.add_consents() = std::move(consent);
  return response;
}

}  // namespace nara::registry
