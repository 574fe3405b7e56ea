#include "common/access/authorizer.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "common/access/privacy_rules.h"
#include "common/access/rules.h"
#include "common/rpc/error.h"

namespace nara {
namespace {

constexpr char kGateway[] = "nara-gateway";
constexpr char kAdministrator[] = "nara-admin";
constexpr std::array<std::string_view, 5> kServices = {"nara-ingest", "nara-alert-router", "nara-data-broker", kGateway,
                                                       "nara-device-registry"};

bool IsService(const std::string& id) {
  return std::find(kServices.begin(), kServices.end(), id) != kServices.end();
}

bool IsBuiltIn(const std::string& id) {
  return id == kAdministrator || IsService(id);
}

absl::Status Unknown() {
  return rpc::Error(absl::StatusCode::kUnauthenticated, "UNKNOWN_CALLER",
                    "the caller is not registered; an administrator registers it with PutClient");
}

absl::Status Revoked() {
  return rpc::Error(absl::StatusCode::kPermissionDenied, "CALLER_REVOKED", "the caller's rights have been revoked");
}

absl::StatusOr<Caller> FromClient(const registry::v1::Client& client) {
  if (client.revoked()) return Revoked();
  const absl::StatusOr<Role> role = ParseRole(client.role());
  if (!role.ok() || *role == Role::kService || *role == Role::kAdmin) return Unknown();
  return Caller{.id = client.id(),
                .role = *role,
                .principal = client.principal(),
                .units = {client.units().begin(), client.units().end()},
                .token_sha256 = client.token_sha256(),
                .via = {},
                .reason = {},
                .scopes = {client.scopes().begin(), client.scopes().end()},
                .providers = {client.providers().begin(), client.providers().end()}};
}

Scope PrincipalScope(const Caller& caller) {
  Scope scope;
  scope.all = caller.principal.empty();
  scope.principal = caller.principal;
  return scope;
}

Scope UnitScope(const Caller& caller) {
  Scope scope;
  scope.units = caller.units;
  if (caller.units.empty()) scope.principal = caller.principal;
  return scope;
}

bool Contains(const std::vector<std::string>& list, const std::string& entry) {
  return !entry.empty() && std::find(list.begin(), list.end(), entry) != list.end();
}

bool CarriesCareData(Action action) {
  return action == Action::kReadCareData || action == Action::kReadQuarantine;
}

Decision Deny(Decision::Answer answer, const Caller& caller, Action action) {
  return {answer, std::string(Name(caller.role)) + " " + caller.id + " may not " + std::string(Name(action))};
}

Decision Allow(const Caller& caller, Action action) {
  return {Decision::Answer::kAllowed, std::string(Name(caller.role)) + " may " + std::string(Name(action))};
}

registry::v1::ConsentRecipient RecipientOf(const std::string& provider, const std::string& unit,
                                           const std::string& client) {
  registry::v1::ConsentRecipient recipient;
  recipient.set_provider(provider);
  recipient.set_unit(unit);
  recipient.set_client(client);
  return recipient;
}

}  // namespace

Scope ReachOf(const Caller& caller, Action action) {
  Scope scope;
  if (!caller.scopes.empty() && !Contains(caller.scopes, std::string(Name(action)))) return scope;
  switch (RuleFor(caller.role, action)) {
    case Reach::kNothing:
      break;
    case Reach::kAll:
      scope.all = true;
      break;
    case Reach::kPrincipal:
      return PrincipalScope(caller);
    case Reach::kUnits:
      return UnitScope(caller);
    case Reach::kUnitAlerts:
      scope = UnitScope(caller);
      scope.receiver = caller.id;
      break;
    case Reach::kReceiver:
      scope.receiver = caller.id;
      break;
    case Reach::kAlerts:
      scope = PrincipalScope(caller);
      scope.receiver = caller.id;
      break;
  }
  return scope;
}

bool Matches(const Scope& scope, const Object& object) {
  if (scope.all) return true;
  if (!scope.principal.empty() && (scope.principal == object.principal || scope.principal == object.owner)) return true;
  return Contains(scope.units, object.unit) || Contains(object.receivers, scope.receiver);
}

absl::StatusOr<Caller> Authorizer::Resolve(const std::string& id) const {
  if (id == kAdministrator) return Caller{.id = id, .role = Role::kAdmin, .principal = {}, .units = {}};
  if (IsService(id)) return Caller{.id = id, .role = Role::kService, .principal = {}, .units = {}};
  const AccessTable::Pointer client = table_.Find(id);
  if (client == nullptr) return Unknown();
  return FromClient(*client);
}

absl::StatusOr<Caller> Authorizer::Identify(const std::string& common_name, const std::string& on_behalf_of) const {
  if (on_behalf_of.empty() || on_behalf_of == common_name) return Resolve(common_name);
  if (common_name != kGateway || IsBuiltIn(on_behalf_of)) {
    return rpc::Error(absl::StatusCode::kPermissionDenied, "MAY_NOT_SPEAK_FOR",
                      "only the gateway speaks for others, and not for services; call as yourself");
  }
  return Resolve(on_behalf_of);
}

absl::StatusOr<Caller> Authorizer::IdentifyToken(std::string_view token) const {
  const AccessTable::Pointer client = token.empty() ? nullptr : table_.FindByTokenHash(TokenHash(token));
  if (client == nullptr) return Unknown();
  return FromClient(*client);
}

Decision Authorizer::Decide(const Caller& caller, Action action, const Object& object) const {
  return Decide(caller.id, action, object);
}

Decision Authorizer::Decide(const std::string& caller_id, Action action, const Object& object) const {
  const absl::StatusOr<Caller> caller = Resolve(caller_id);
  if (!caller.ok()) return {Decision::Answer::kForbidden, std::string(caller.status().message())};
  const Scope scope = ReachOf(*caller, action);
  if (scope.nothing()) return Deny(Decision::Answer::kForbidden, *caller, action);
  const bool own = Matches(scope, object);
  if (CarriesCareData(action)) return DecideCareData(*caller, action, object, own);
  return own ? Allow(*caller, action) : Deny(Decision::Answer::kHidden, *caller, action);
}

Decision Authorizer::DecideCareData(const Caller& caller, Action action, const Object& object, bool own) const {
  const registry::v1::ResidentPrivacy privacy = PrivacyOf(object.resident);
  const absl::Time now = clock_ == nullptr ? absl::InfinitePast() : clock_->Now();
  if (!own && !Consented(privacy, caller, object, now)) return Deny(Decision::Answer::kHidden, caller, action);
  const bool supervision = object.use == registry::v1::DATA_USE_SUPERVISION;
  if ((supervision || !OwnUnit(caller, object)) && !current()) {
    return {Decision::Answer::kWait, "rights are older than a second, and it goes across providers or is supervision"};
  }
  if (Blocked(privacy, caller, object, now)) return {Decision::Answer::kBlocked, "a block of the resident"};
  if (supervision && !SupervisionAgreed(privacy, now)) {
    return {Decision::Answer::kBlocked, "supervision without the consent of everybody in the home"};
  }
  return Allow(caller, action);
}

registry::v1::ResidentPrivacy Authorizer::PrivacyOf(const std::string& resident) const {
  const PrivacyTable::Pointer found = privacy_ == nullptr ? nullptr : privacy_->Find(resident);
  return found == nullptr ? registry::v1::ResidentPrivacy() : *found;
}

std::vector<std::string> Authorizer::ConsentedResidents(const Caller& caller, Action action) const {
  const absl::StatusOr<Caller> now = Resolve(caller.id);
  if (privacy_ == nullptr || !now.ok() || ReachOf(*now, action).nothing()) return {};
  std::set<std::string> residents = privacy_->Naming(RecipientOf("", "", now->id));
  for (const std::string& unit : now->units) residents.merge(privacy_->Naming(RecipientOf("", unit, "")));
  for (const std::string& provider : now->providers) residents.merge(privacy_->Naming(RecipientOf(provider, "", "")));
  return {residents.begin(), residents.end()};
}

Scope Authorizer::Reach(const Caller& caller, Action action) const {
  const absl::StatusOr<Caller> now = Resolve(caller.id);
  return now.ok() ? ReachOf(*now, action) : Scope();
}

absl::Status NotThere(const std::string& noun, const std::string& id) {
  return rpc::Error(absl::StatusCode::kNotFound, "UNKNOWN_" + absl::AsciiStrToUpper(noun),
                    "there is no " + noun + " with this id, or it is not yours", {{noun, id}});
}

absl::Status Refusal(const Decision& decision, const std::string& noun, const std::string& id) {
  switch (decision.answer) {
    case Decision::Answer::kAllowed:
      return absl::OkStatus();
    case Decision::Answer::kHidden:
      return NotThere(noun, id);
    case Decision::Answer::kWait:
      return rpc::Error(absl::StatusCode::kUnavailable, "ACCESS_STALE",
                        "the rights may be out of date; try again in a second");
    case Decision::Answer::kBlocked:
      return rpc::Error(absl::StatusCode::kPermissionDenied, "BLOCKED",
                        "this is blocked at the resident's request, or lacks a consent; ask the resident");
    case Decision::Answer::kForbidden:
      break;
  }
  return rpc::Error(absl::StatusCode::kPermissionDenied, "FORBIDDEN", "the caller's role does not allow this");
}

}  // namespace nara
