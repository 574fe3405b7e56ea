// Units, providers, agreements.
#include "device_registry/organisation/organisation.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/rpc/error.h"
#include "device_registry/organisation/forms.h"
#include "device_registry/page.h"
#include "device_registry/periods.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

bool IsRegion(const std::string& principal) {
  return principal.size() == 2;
}

v1::Regime RegimeOf(const std::string& legal_base) {
  if (legal_base == "HSL") return v1::REGIME_HSL;
  return legal_base == "SoL" ? v1::REGIME_SOL : v1::REGIME_LSS;
}

v1::CountyAgreement ToProto(const Agreement& entry) {
  v1::CountyAgreement agreement;
  agreement.set_id(entry.id);
  agreement.set_name(entry.name.sv);
  agreement.set_name_en(entry.name.en);
  agreement.set_for_region(entry.for_region);
  agreement.set_for_municipalities(entry.for_municipalities);
  for (const std::string& base : entry.legal_bases) agreement.add_legal_bases(RegimeOf(base));
  return agreement;
}

// In the order in which they are stored.
v1::Provider Sorted(v1::Provider provider) {
  const std::set<std::string> principals(provider.principals().begin(), provider.principals().end());
  provider.clear_principals();
  for (const std::string& principal : principals) provider.add_principals(principal);
  return provider;
}

}  // namespace

absl::StatusOr<v1::PutUnitResponse> Organisation::PutUnit(const Caller& caller, const v1::PutUnitRequest& request) {
  const v1::Unit& unit = request.unit();
  if (absl::Status status = rights_.Check(caller, Action::kWriteUnit, OfPrincipal(unit.principal()), "unit", unit.id());
      !status.ok()) {
    return status;
  }
  if (absl::Status status = Validate(unit, deps_.catalogue); !status.ok()) return status;
  const auto guard = [&](const v1::Unit& before) -> absl::Status {
    if (before.principal() == unit.principal()) return absl::OkStatus();
    return rpc::Error(absl::StatusCode::kFailedPrecondition, "UNIT_OF_OTHER_PRINCIPAL",
                      "a unit stays with its principal; create another", {{"unit", unit.id()}});
  };
  absl::StatusOr<v1::Unit> stored = deps_.store.PutUnit(ActorOf(caller), unit, guard);
  if (!stored.ok()) return stored.status();
  v1::PutUnitResponse response;
  *response.mutable_unit() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListUnitsResponse> Organisation::ListUnits(const Caller& caller,
                                                              const v1::ListUnitsRequest& request) {
  const absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kReadUnit);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto units = deps_.store.ListUnits(
      {.visible = *visible, .principal = request.principal(), .after = page->after, .limit = page->limit()});
  if (!units.ok()) return units.status();
  v1::ListUnitsResponse response;
  response.set_next_page_token(CutPage(*units, *page));
  for (v1::Unit& unit : *units) *response.add_units() = std::move(unit);
  return response;
}

absl::Status Organisation::CheckPrincipals(const Caller& caller, const v1::Provider& provider) const {
  for (const std::string& principal : provider.principals()) {
    const absl::Status status =
        rights_.Check(caller, Action::kWriteUnit, OfPrincipal(principal), "provider", provider.id());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::PutProviderResponse> Organisation::PutProvider(const Caller& caller,
                                                                  const v1::PutProviderRequest& request) {
  if (absl::Status status = CheckPrincipals(caller, request.provider()); !status.ok()) return status;
  if (absl::Status status = Validate(request.provider(), deps_.catalogue); !status.ok()) return status;
  const auto guard = [&](const v1::Provider& before) { return CheckPrincipals(caller, before); };
  absl::StatusOr<v1::Provider> stored = deps_.store.PutProvider(ActorOf(caller), Sorted(request.provider()), guard);
  if (!stored.ok()) return stored.status();
  v1::PutProviderResponse response;
  *response.mutable_provider() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListProvidersResponse> Organisation::ListProviders(const Caller& caller,
                                                                      const v1::ListProvidersRequest& request) {
  const absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kReadUnit);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto providers = deps_.store.ListProviders(
      {.visible = *visible, .principal = request.principal(), .after = page->after, .limit = page->limit()});
  if (!providers.ok()) return providers.status();
  v1::ListProvidersResponse response;
  response.set_next_page_token(CutPage(*providers, *page));
  for (v1::Provider& provider : *providers) *response.add_providers() = std::move(provider);
  return response;
}

absl::StatusOr<v1::ListAgreementsResponse> Organisation::ListAgreements(const Caller& caller,
                                                                        const v1::ListAgreementsRequest& /*request*/) {
  if (absl::Status status = rights_.Check(caller, Action::kReadPrincipals, {}, "agreement", ""); !status.ok())
    return status;
  v1::ListAgreementsResponse response;
  for (const auto& [id, agreement] : deps_.catalogue.agreements()) *response.add_agreements() = ToProto(agreement);
  return response;
}

absl::Status Organisation::CheckParty(const v1::Participation& participation) const {
  const Agreement* agreement = deps_.catalogue.FindAgreement(participation.agreement());
  if (agreement == nullptr) return NotThere("agreement", participation.agreement());
  const std::string& principal = participation.principal();
  if (deps_.catalogue.FindPrincipal(principal) == nullptr) return NotThere("principal", principal);
  if (IsRegion(principal) ? agreement->for_region : agreement->for_municipalities) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "NOT_A_PARTY",
                    "the agreement is not for principals of this kind; choose another agreement",
                    {{"agreement", agreement->id}, {"principal", principal}});
}

absl::StatusOr<v1::PutParticipationResponse> Organisation::PutParticipation(
    const Caller& caller, const v1::PutParticipationRequest& request) {
  v1::Participation wished = request.participation();
  absl::Status status =
      rights_.Check(caller, Action::kWriteUnit, OfPrincipal(wished.principal()), "principal", wished.principal());
  if (status.ok()) status = Validate(wished);
  if (status.ok()) status = CheckParty(wished);
  if (!status.ok()) return status;
  if (wished.id().empty()) wished.set_id(deps_.new_id());
  CutPeriod(wished);
  const auto guard = [&](const v1::Participation& before) -> absl::Status {
    if (before.principal() != wished.principal()) return NotThere("participation", wished.id());
    return before.agreement() == wished.agreement() ? absl::OkStatus() : Differs("participation", wished.id());
  };
  absl::StatusOr<v1::Participation> stored = deps_.store.PutParticipation(ActorOf(caller), wished, guard);
  if (!stored.ok()) return stored.status();
  v1::PutParticipationResponse response;
  *response.mutable_participation() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListParticipationsResponse> Organisation::ListParticipations(
    const Caller& caller, const v1::ListParticipationsRequest& request) {
  absl::Status status = rights_.Check(caller, Action::kReadPrincipals, {}, "participation", "");
  if (status.ok() && request.has_at()) status = ValidateTime("at", request.at());
  if (!status.ok()) return status;
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto participations = deps_.store.ListParticipations({.agreement = request.agreement(),
                                                        .principal = request.principal(),
                                                        .at = InstantOf(request),
                                                        .after = page->after,
                                                        .limit = page->limit()});
  if (!participations.ok()) return participations.status();
  v1::ListParticipationsResponse response;
  response.set_next_page_token(CutPage(*participations, *page));
  for (v1::Participation& one : *participations) *response.add_participations() = std::move(one);
  return response;
}

}  // namespace nara::registry
