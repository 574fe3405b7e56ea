// Reads, special rights, and the rotation of keys.
#include <utility>

#include "common/rpc/error.h"
#include "device_registry/page.h"
#include "device_registry/periods.h"
#include "device_registry/residents/personal_number.h"
#include "device_registry/residents/residents.h"
#include "device_registry/validation.h"
#include "device_registry/versions.h"

namespace nara::registry {
namespace {

// A resident is its principal's, and that of whoever answers for it.
std::vector<Object> FacesOf(const ResidentRecord& record) {
  std::vector<Object> faces = {OfPrincipal(record.principal)};
  for (const ResidentRecord::Answering& who : record.answering) {
    faces.push_back({.principal = who.principal, .unit = who.unit, .owner = {}, .receivers = {}});
  }
  return faces;
}

void NoteIfShown(const v1::Resident& resident, std::vector<IdentityRead>& reads) {
  if (resident.identity_state() == v1::IDENTITY_STATE_SHOWN) reads.push_back({resident.id(), true});
}

}  // namespace

// Who arranges for residents sees that they are there, without knowing who.
absl::StatusOr<bool> Residents::MayRead(const Caller& caller, const ResidentRecord& record) const {
  const absl::Status read = rights_.CheckAny(caller, Action::kReadIdentity, FacesOf(record), "resident", record.id);
  if (read.ok()) return true;
  const Object own = OfPrincipal(record.principal);
  if (rights_.Check(caller, Action::kAssign, own, "resident", record.id).ok()) return false;
  return read;
}

absl::StatusOr<v1::Resident> Residents::Show(const ResidentRecord& record, bool may_read) const {
  v1::Resident resident;
  resident.set_id(record.id);
  resident.set_principal(record.principal);
  resident.set_revision(record.revision);
  resident.set_identity_state(v1::IDENTITY_STATE_NONE);
  if (!record.sealed.has_value()) return resident;
  const bool hidden = record.protection != v1::PROTECTION_NONE && !record.special_right;
  resident.set_identity_state(hidden     ? v1::IDENTITY_STATE_PROTECTED
                              : may_read ? v1::IDENTITY_STATE_SHOWN
                                         : v1::IDENTITY_STATE_HIDDEN);
  if (resident.identity_state() != v1::IDENTITY_STATE_SHOWN) return resident;
  absl::StatusOr<v1::Identity> identity = Open(record);
  if (!identity.ok()) return identity.status();
  *resident.mutable_identity() = *std::move(identity);
  return resident;
}

absl::StatusOr<v1::GetResidentResponse> Residents::GetResident(const Caller& caller,
                                                               const v1::GetResidentRequest& request) {
  const auto found = deps_.store.Find(request.resident(), caller.id);
  if (!found.ok()) return found.status();
  const ResidentRecord nobody{.id = request.resident()};
  const absl::StatusOr<bool> may_read = MayRead(caller, found->has_value() ? **found : nobody);
  if (!may_read.ok()) return may_read.status();
  if (!found->has_value()) return NotThere("resident", request.resident());
  absl::StatusOr<v1::Resident> resident = Show(**found, *may_read);
  if (!resident.ok()) return resident.status();
  std::vector<IdentityRead> reads;
  NoteIfShown(*resident, reads);
  if (absl::Status noted = deps_.store.Remember(ActorOf(caller), reads); !noted.ok()) return noted;
  v1::GetResidentResponse response;
  *response.mutable_resident() = *std::move(resident);
  return response;
}

absl::StatusOr<v1::FindResidentsResponse> Residents::FindResidents(const Caller& caller,
                                                                   const v1::FindResidentsRequest& request) {
  if (const auto reach = rights_.Reach(caller, Action::kReadIdentity); !reach.ok()) return reach.status();
  const absl::StatusOr<PersonalNumber> number = ParsePersonalNumber(request.number(), Today());
  if (!number.ok()) return number.status();
  const auto found = deps_.store.FindByFingerprint(deps_.keys.Fingerprint(number->number), caller.id);
  if (!found.ok()) return found.status();
  v1::FindResidentsResponse response;
  std::vector<IdentityRead> reads;
  for (const ResidentRecord& record : *found) {
    const absl::StatusOr<bool> may_read = MayRead(caller, record);
    if (!may_read.ok() || !*may_read) continue;
    absl::StatusOr<v1::Resident> resident = Show(record, true);
    if (!resident.ok()) return resident.status();
    const bool shown = resident->identity_state() == v1::IDENTITY_STATE_SHOWN;
    reads.push_back({.resident = record.id, .shown = shown});
    if (shown) *response.add_residents() = *std::move(resident);
  }
  if (absl::Status noted = deps_.store.Remember(ActorOf(caller), reads); !noted.ok()) return noted;
  return response;
}

absl::StatusOr<v1::ListResidentsResponse> Residents::ListResidents(const Caller& caller,
                                                                   const v1::ListResidentsRequest& request) {
  absl::StatusOr<Visible> visible = rights_.Reach(caller, Action::kReadIdentity);
  if (!visible.ok()) visible = rights_.Reach(caller, Action::kAssign);
  if (!visible.ok()) return visible.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto records = deps_.store.List({.visible = *visible,
                                   .client = caller.id,
                                   .principal = request.principal(),
                                   .after = page->after,
                                   .limit = page->limit()});
  if (!records.ok()) return records.status();
  v1::ListResidentsResponse response;
  std::vector<v1::Resident> residents;
  std::vector<IdentityRead> reads;
  for (const ResidentRecord& record : *records) {
    const absl::StatusOr<bool> may_read = MayRead(caller, record);
    absl::StatusOr<v1::Resident> resident = Show(record, may_read.ok() && *may_read);
    if (!resident.ok()) return resident.status();
    residents.push_back(*std::move(resident));
  }
  response.set_next_page_token(CutPage(residents, *page));
  for (v1::Resident& resident : residents) {
    NoteIfShown(resident, reads);
    *response.add_residents() = std::move(resident);
  }
  if (absl::Status noted = deps_.store.Remember(ActorOf(caller), reads); !noted.ok()) return noted;
  return response;
}

absl::StatusOr<v1::PutProtectedAccessResponse> Residents::PutProtectedAccess(
    const Caller& caller, const v1::PutProtectedAccessRequest& request) {
  v1::ProtectedAccess wished = request.protected_access();
  const Object object = OfPrincipal(wished.principal());
  absl::Status status = rights_.Check(caller, Action::kWriteClient, object, "principal", wished.principal());
  if (status.ok()) status = KnownPrincipal("principal", wished.principal(), deps_.catalogue);
  if (status.ok()) {
    status = ValidatePeriod(wished.has_start_at(), wished.start_at(), wished.has_end_at(), wished.end_at());
  }
  if (status.ok() && !wished.id().empty()) status = ValidateOpaqueId("id", wished.id());
  if (!status.ok()) return status;
  if (wished.id().empty()) wished.set_id(deps_.new_id());
  CutPeriod(wished);
  const auto guard = [&](const v1::ProtectedAccess& before) -> absl::Status {
    const bool same = before.client() == wished.client() && before.principal() == wished.principal();
    return same ? absl::OkStatus() : Differs("protected_access", wished.id());
  };
  absl::StatusOr<v1::ProtectedAccess> stored = deps_.store.PutProtectedAccess(ActorOf(caller), wished, guard);
  if (!stored.ok()) return stored.status();
  v1::PutProtectedAccessResponse response;
  *response.mutable_protected_access() = *std::move(stored);
  return response;
}

absl::StatusOr<v1::ListProtectedAccessResponse> Residents::ListProtectedAccess(
    const Caller& caller, const v1::ListProtectedAccessRequest& request) {
  if (const auto reach = rights_.Reach(caller, Action::kWriteClient); !reach.ok()) return reach.status();
  const absl::StatusOr<Page> page = PageOf(request);
  if (!page.ok()) return page.status();
  auto all = deps_.store.ListProtectedAccess(page->after, page->limit());
  if (!all.ok()) return all.status();
  v1::ListProtectedAccessResponse response;
  response.set_next_page_token(CutPage(*all, *page));
  for (v1::ProtectedAccess& access : *all) *response.add_protected_access() = std::move(access);
  return response;
}

absl::StatusOr<v1::RotateIdentityKeysResponse> Residents::RotateIdentityKeys(
    const Caller& caller, const v1::RotateIdentityKeysRequest& request) {
  if (const auto reach = rights_.Reach(caller, Action::kWriteClient); !reach.ok()) return reach.status();
  if (request.limit() < 0 || request.limit() > 1000) return Invalid("limit", "is 1 to 1000, or 0 for 100");
  const absl::StatusOr<Rotation> rotation =
      deps_.store.Rotate(ActorOf(caller), request.limit() == 0 ? 100 : request.limit());
  if (!rotation.ok()) return rotation.status();
  v1::RotateIdentityKeysResponse response;
  response.set_key(deps_.keys.newest());
  response.set_rewritten(rotation->rewritten);
  response.set_left(rotation->left);
  return response;
}

}  // namespace nara::registry
