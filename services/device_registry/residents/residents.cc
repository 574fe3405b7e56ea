// Giving and changing identities.
#include "device_registry/residents/residents.h"

#include <algorithm>
#include <utility>

#include "absl/time/time.h"
#include "common/rpc/error.h"
#include "device_registry/residents/personal_number.h"
#include "device_registry/validation.h"

namespace nara::registry {
namespace {

const std::vector<std::string>& Fields() {
  static const std::vector<std::string> fields = {"number", "name", "registered_municipality", "protection"};
  return fields;
}

absl::Status ValidateMunicipality(const std::string& code) {
  const bool digits = std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (code.empty() || (code.size() == 4 && digits)) return absl::OkStatus();
  return Invalid("registered_municipality", "is the four digits of a municipality, or empty");
}

absl::Status ValidateProtection(v1::Protection protection) {
  if (v1::Protection_IsValid(protection) && protection != v1::PROTECTION_UNSPECIFIED) return absl::OkStatus();
  return Invalid("protection", "is always said: NONE, MARKED or REGISTRATION, as in the population register");
}

absl::Status IdTaken(const std::string& resident) {
  return rpc::Error(absl::StatusCode::kAlreadyExists, "RESIDENT_ID_TAKEN",
                    "this id is taken; leave it out to be given one", {{"resident", resident}});
}

absl::Status Protected(const std::string& resident) {
  return rpc::Error(absl::StatusCode::kPermissionDenied, "PROTECTED_IDENTITY",
                    "the identity is protected; ask who has the special right", {{"resident", resident}});
}

bool IsProtected(const ResidentRecord& record) {
  return record.sealed.has_value() && record.protection != v1::PROTECTION_NONE;
}

bool Same(const v1::Identity& a, const v1::Identity& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

// `from`'s fields of the mask in the place of `identity`'s.
absl::Status Merge(const google::protobuf::FieldMask& mask, const v1::Identity& from, v1::Identity& identity) {
  if (mask.paths().empty()) return Invalid("update_mask", "names the fields that change");
  for (const std::string& path : mask.paths()) {
    const auto known = std::find(Fields().begin(), Fields().end(), path);
    if (known == Fields().end()) {
      return Invalid("update_mask", "is of number, name, registered_municipality and protection");
    }
    if (path == "number") identity.set_number(from.number());
    if (path == "name") identity.set_name(from.name());
    if (path == "registered_municipality") identity.set_registered_municipality(from.registered_municipality());
    if (path == "protection") identity.set_protection(from.protection());
  }
  return absl::OkStatus();
}

}  // namespace

// Stockholm is ahead of UTC by two hours at most.
absl::CivilDay Residents::Today() const {
  return absl::ToCivilDay(deps_.clock.Now() + absl::Hours(2), absl::UTCTimeZone());
}

absl::StatusOr<v1::Identity> Residents::Checked(const v1::Identity& identity) const {
  const absl::StatusOr<PersonalNumber> number = ParsePersonalNumber(identity.number(), Today());
  if (!number.ok()) return number.status();
  const absl::Status forms =
      FirstError({Name("name", identity.name()), ValidateMunicipality(identity.registered_municipality()),
                  ValidateProtection(identity.protection())});
  if (!forms.ok()) return forms;
  v1::Identity checked = identity;
  checked.set_number(number->number);
  checked.set_number_kind(number->kind);
  checked.set_birth_date(number->born.has_value() ? absl::FormatCivilTime(*number->born) : "");
  return checked;
}

absl::StatusOr<v1::Identity> Residents::Open(const ResidentRecord& record) const {
  const absl::StatusOr<std::string> text = deps_.keys.Open("resident", record.id, *record.sealed);
  if (!text.ok()) return text.status();
  v1::Identity identity;
  if (!identity.ParseFromString(*text)) return absl::DataLossError("the identity of " + record.id + " is damaged");
  return identity;
}

absl::StatusOr<SealedIdentity> Residents::Seal(const ResidentRecord& resident, const v1::Identity& identity,
                                               std::vector<std::string> fields) const {
  absl::StatusOr<IdentityKeys::Sealed> sealed = deps_.keys.Seal("resident", resident.id, identity.SerializeAsString());
  if (!sealed.ok()) return sealed.status();
  return SealedIdentity{.principal = resident.principal,
                        .sealed = *std::move(sealed),
                        .fingerprint = deps_.keys.Fingerprint(identity.number()),
                        .protection = identity.protection(),
                        .fields = std::move(fields)};
}

// A retry is answered as the first call was; who asks only to learn whether the id is
// this person learns nothing about a protected one.
absl::StatusOr<std::optional<SealedIdentity>> Residents::Registered(const Caller& caller, const ResidentRecord& wished,
                                                                    const v1::Identity& identity,
                                                                    const std::optional<ResidentRecord>& stored) const {
  if (stored.has_value() && stored->principal != wished.principal) return IdTaken(wished.id);
  if (!stored.has_value() || !stored->sealed.has_value()) {
    absl::StatusOr<SealedIdentity> sealed = Seal(wished, identity, Fields());
    if (!sealed.ok()) return sealed.status();
    return *std::move(sealed);
  }
  const bool may_compare = !IsProtected(*stored) || stored->special_right || stored->registered_by == caller.id;
  const absl::StatusOr<v1::Identity> known = Open(*stored);
  if (!known.ok()) return known.status();
  if (may_compare && Same(*known, identity)) return std::nullopt;
  return rpc::Error(absl::StatusCode::kAlreadyExists, "RESIDENT_DIFFERS",
                    "the resident has an identity already; change it with UpdateIdentity", {{"resident", wished.id}});
}

absl::Status Residents::RememberProtected(const Caller& caller, const std::string& number) {
  const auto found = deps_.store.FindByFingerprint(deps_.keys.Fingerprint(number), caller.id);
  if (!found.ok()) return found.status();
  std::vector<IdentityRead> reads;
  for (const ResidentRecord& record : *found) {
    if (IsProtected(record) && !record.special_right) reads.push_back({.resident = record.id, .shown = false});
  }
  return deps_.store.Remember(ActorOf(caller), reads);
}

absl::StatusOr<v1::RegisterResidentResponse> Residents::RegisterResident(const Caller& caller,
                                                                         const v1::RegisterResidentRequest& request) {
  ResidentRecord wished;
  wished.id = request.resident().empty() ? deps_.new_id() : request.resident();
  wished.principal = request.principal();
  absl::Status status = ValidateResidentId(wished.id, Today());
  if (status.ok()) {
    status = rights_.Check(caller, Action::kAssign, OfPrincipal(wished.principal), "principal", wished.principal);
  }
  if (!status.ok()) return status;
  if (deps_.catalogue.FindPrincipal(wished.principal) == nullptr) return NotThere("principal", wished.principal);
  const absl::StatusOr<v1::Identity> identity = Checked(request.identity());
  if (!identity.ok()) return identity.status();
  const auto change = [&](const std::optional<ResidentRecord>& stored) {
    return Registered(caller, wished, *identity, stored);
  };
  const absl::StatusOr<std::uint64_t> revision = deps_.store.ChangeIdentity(ActorOf(caller), wished.id, change);
  if (rpc::ReasonOf(revision.status()) == "NUMBER_IN_USE") {
    if (absl::Status noted = RememberProtected(caller, identity->number()); !noted.ok()) return noted;
  }
  if (!revision.ok()) return revision.status();
  v1::RegisterResidentResponse response;
  response.set_resident(wished.id);
  response.set_revision(*revision);
  return response;
}

absl::StatusOr<std::optional<SealedIdentity>> Residents::Updated(const Caller& caller,
                                                                 const v1::UpdateIdentityRequest& request,
                                                                 const std::optional<ResidentRecord>& stored) const {
  const Object object = OfPrincipal(stored.has_value() ? stored->principal : "");
  const absl::Status right = rights_.Check(caller, Action::kAssign, object, "resident", request.resident());
  if (!right.ok()) return right;
  if (!stored.has_value()) return NotThere("resident", request.resident());
  if (!stored->sealed.has_value()) {
    return rpc::Error(absl::StatusCode::kFailedPrecondition, "NO_IDENTITY",
                      "the resident has no identity yet; give it one with RegisterResident",
                      {{"resident", stored->id}});
  }
  if (IsProtected(*stored) && !stored->special_right) return Protected(stored->id);
  const absl::StatusOr<v1::Identity> before = Open(*stored);
  if (!before.ok()) return before.status();
  v1::Identity merged = *before;
  if (absl::Status status = Merge(request.update_mask(), request.identity(), merged); !status.ok()) return status;
  const absl::StatusOr<v1::Identity> after = Checked(merged);
  if (!after.ok()) return after.status();
  if (Same(*before, *after)) return std::nullopt;
  if (request.revision() != stored->revision) {
    return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION",
                      "the identity has changed since; read it again, and change that", {{"resident", stored->id}});
  }
  absl::StatusOr<SealedIdentity> sealed =
      Seal(*stored, *after, {request.update_mask().paths().begin(), request.update_mask().paths().end()});
  if (!sealed.ok()) return sealed.status();
  return *std::move(sealed);
}

absl::StatusOr<v1::UpdateIdentityResponse> Residents::UpdateIdentity(const Caller& caller,
                                                                     const v1::UpdateIdentityRequest& request) {
  const auto change = [&](const std::optional<ResidentRecord>& stored) { return Updated(caller, request, stored); };
  const absl::StatusOr<std::uint64_t> revision =
      deps_.store.ChangeIdentity(ActorOf(caller), request.resident(), change);
  if (!revision.ok()) return revision.status();
  v1::UpdateIdentityResponse response;
  response.set_revision(*revision);
  return response;
}

}  // namespace nara::registry
