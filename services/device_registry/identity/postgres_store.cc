// Revocations, certificates and controller numbers.
#include "device_registry/identity/postgres_store.h"

#include <utility>

#include "common/access/authorizer.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr int kNumbersTried = 10'000;

constexpr char kHolding[] = R"sql(
select * from revocations where device = $1 and coalesce(serial, '') = $2 and lifted_at is null)sql";
constexpr char kWithRevision[] = R"sql(
select * from revocations where revision = $1::bigint and device = $2 and coalesce(serial, '') = $3)sql";
constexpr char kKnowsCertificate[] = "select 1 from certificates where device = $1 and serial = $2";
constexpr char kRevoke[] = R"sql(
insert into revocations (revision, device, serial, reason)
values ($1::bigint, $2, nullif($3, ''), $4::int) returning *)sql";
constexpr char kEndCodes[] = "update enrolments set ended_at = now() where device = $1 and ended_at is null";
constexpr char kLift[] = R"sql(
update revocations set lifted_at = now(), lifted_revision = $2::bigint where revision = $1::bigint returning *)sql";

constexpr char kRevoked[] = R"sql(
select r.value as generation, v.device, v.serial
from revision r left join (
  select v.device, v.serial from revocations v left join certificates c on c.serial = v.serial
  where v.lifted_at is null and (v.serial is null or c.not_after > now() - interval '1 day')) v on true)sql";

constexpr char kCertificates[] = R"sql(
select c.device, c.serial, c.issued_at, c.not_after,
  r.revision, r.reason, r.since, r.lifted_at, r.lifted_revision
from certificates c left join revocations r on r.serial = c.serial and r.lifted_at is null
where c.device = $1 and c.serial > $2 order by c.serial limit $3::int)sql";

constexpr char kController[] = "select controller from devices where id = $1";
constexpr char kNextController[] = "select nextval('controllers')::text as controller";
constexpr char kHasController[] = "select id from devices where controller = $1";
constexpr char kSetController[] = "update devices set controller = $2, revision = $3::bigint where id = $1";

v1::Revocation RevocationOf(const Row& row) {
  v1::Revocation revocation;
  revocation.set_device(row.String("device"));
  revocation.set_serial(row.OptionalString("serial").value_or(""));
  revocation.set_reason(static_cast<v1::RevocationReason>(row.Int("reason")));
  *revocation.mutable_since() = ToProto(row.Time("since"));
  revocation.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  if (const auto lifted = row.OptionalTime("lifted_at")) *revocation.mutable_lifted_at() = ToProto(*lifted);
  revocation.set_lifted_revision(
      row.IsNull("lifted_revision") ? 0 : static_cast<std::uint64_t>(row.Int64("lifted_revision")));
  return revocation;
}

v1::Certificate CertificateOf(const Row& row) {
  v1::Certificate certificate;
  certificate.set_device(row.String("device"));
  certificate.set_serial(row.String("serial"));
  *certificate.mutable_issued_at() = ToProto(row.Time("issued_at"));
  *certificate.mutable_not_after() = ToProto(row.Time("not_after"));
  if (!row.IsNull("revision")) *certificate.mutable_revocation() = RevocationOf(row);
  return certificate;
}

absl::Status UnknownCertificate(const std::string& device, const std::string& serial) {
  return rpc::Error(absl::StatusCode::kNotFound, "UNKNOWN_CERTIFICATE",
                    "the device has no certificate with this serial number; ListCertificates shows them",
                    {{"device", device}, {"serial", serial}});
}

absl::Status AddRevocation(Write& write, const v1::RevokeDeviceRequest& request, v1::Revocation& revocation) {
  if (!request.serial().empty()) {
    const absl::StatusOr<Result> known = write.Execute(kKnowsCertificate, {request.device(), request.serial()});
    if (!known.ok()) return known.status();
    if (known->empty()) return UnknownCertificate(request.device(), request.serial());
  }
  const absl::StatusOr<Result> added = write.Execute(
      kRevoke, {write.revision(), request.device(), request.serial(), static_cast<int>(request.reason())});
  if (!added.ok()) return added.status();
  revocation = RevocationOf((*added)[0]);
  // A code that is about would let it in again as soon as this ends.
  if (request.serial().empty()) {
    if (absl::Status ended = write.Execute(kEndCodes, {request.device()}).status(); !ended.ok()) return ended;
  }
  return write.Audit("revoke", "device", request.device(), revocation);
}

absl::Status Stale(const v1::LiftRevocationRequest& request) {
  return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION",
                    "this is not the revocation that holds; ListCertificates shows it",
                    {{"device", request.device()}, {"serial", request.serial()}});
}

absl::Status OfBefore(const v1::LiftRevocationRequest& request) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_OF_BEFORE",
                    "the device has been in stock since this certificate was revoked; enrol it anew",
                    {{"device", request.device()}, {"serial", request.serial()}});
}

absl::StatusOr<std::string> FreeController(Write& write) {
  for (int tried = 0; tried < kNumbersTried; ++tried) {
    const absl::StatusOr<Result> next = write.Execute(kNextController, {});
    if (!next.ok()) return next.status();
    std::string controller = (*next)[0].String("controller");
    const absl::StatusOr<Result> holder = write.Execute(kHasController, {controller});
    if (!holder.ok()) return holder.status();
    if (holder->empty()) return controller;
  }
  return absl::InternalError("no controller number is free");
}

absl::Status ControllerInUse(const std::string& controller) {
  return rpc::Error(absl::StatusCode::kAlreadyExists, "CONTROLLER_IN_USE",
                    "another device has this number; leave it out to be given a free one",
                    {{"controller", controller}});
}

absl::Status ControllerDiffers(const std::string& device) {
  return rpc::Error(absl::StatusCode::kAlreadyExists, "CONTROLLER_DIFFERS",
                    "the device has another number, by which alarm centres know it; GetDevice shows it",
                    {{"device", device}});
}

}  // namespace

absl::StatusOr<v1::Revocation> PostgresIdentityStore::Revoke(const Actor& actor,
                                                             const v1::RevokeDeviceRequest& request) {
  v1::Revocation revocation;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> holding = write.Execute(kHolding, {request.device(), request.serial()});
    if (!holding.ok()) return holding.status();
    if (holding->empty()) return AddRevocation(write, request, revocation);
    revocation = RevocationOf((*holding)[0]);
    if (revocation.reason() == request.reason()) return absl::OkStatus();
    return rpc::Error(absl::StatusCode::kAlreadyExists, "REVOCATION_DIFFERS",
                      "it is revoked already for another reason; lift that revocation first",
                      {{"device", request.device()}, {"serial", request.serial()}});
  });
  if (!status.ok()) return status;
  return revocation;
}

absl::StatusOr<v1::Revocation> PostgresIdentityStore::Lift(const Actor& actor,
                                                           const v1::LiftRevocationRequest& request) {
  v1::Revocation revocation;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> known =
        write.Execute(kWithRevision, {request.revision(), request.device(), request.serial()});
    if (!known.ok()) return known.status();
    if (known->empty()) return Stale(request);
    const v1::Revocation before = RevocationOf((*known)[0]);
    revocation = before;
    if (before.has_lifted_at()) return absl::OkStatus();
    const absl::StatusOr<Result> lifted = write.Execute(kLift, {request.revision(), write.revision()});
    if (ConstraintOf(lifted.status()) == "revocations_of_before") return OfBefore(request);
    if (!lifted.ok()) return lifted.status();
    revocation = RevocationOf((*lifted)[0]);
    return write.AuditChange("lift", "device", request.device(), before, revocation);
  });
  if (!status.ok()) return status;
  return revocation;
}

absl::StatusOr<std::optional<v1::Revocation>> PostgresIdentityStore::FindRevocation(const std::string& device) {
  const absl::StatusOr<Result> holding = database_.Query(kHolding, {device, ""});
  if (!holding.ok()) return holding.status();
  if (holding->empty()) return std::nullopt;
  return RevocationOf((*holding)[0]);
}

absl::StatusOr<RevokedList> PostgresIdentityStore::ReadRevoked() {
  const absl::StatusOr<Result> revoked = database_.Query(kRevoked, {});
  if (!revoked.ok()) return revoked.status();
  RevokedList list;
  for (const Row row : *revoked) {
    list.generation = static_cast<std::uint64_t>(row.Int64("generation"));
    if (!row.IsNull("serial")) {
      list.serials.push_back(row.String("serial"));
    } else if (!row.IsNull("device")) {
      list.devices.push_back(row.String("device"));
    }
  }
  return list;
}

absl::StatusOr<std::vector<v1::Certificate>> PostgresIdentityStore::ListCertificates(const std::string& device,
                                                                                     const std::string& after,
                                                                                     int limit) {
  const absl::StatusOr<Result> found = database_.Query(kCertificates, {device, after, limit});
  if (!found.ok()) return found.status();
  std::vector<v1::Certificate> certificates;
  for (const Row row : *found) certificates.push_back(CertificateOf(row));
  return certificates;
}

absl::StatusOr<std::string> PostgresIdentityStore::SetController(const Actor& actor, const std::string& device,
                                                                 const std::string& controller) {
  std::string number = controller;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> before = write.Execute(kController, {device});
    if (!before.ok()) return before.status();
    if (before->empty()) return NotThere("device", device);
    const std::string known = (*before)[0].OptionalString("controller").value_or("");
    if (!known.empty()) {
      number = known;
      return controller.empty() || controller == known ? absl::OkStatus() : ControllerDiffers(device);
    }
    if (controller.empty()) {
      absl::StatusOr<std::string> free = FreeController(write);
      if (!free.ok()) return free.status();
      number = *std::move(free);
    }
    const absl::Status set = write.Execute(kSetController, {device, number, write.revision()}).status();
    if (ConstraintOf(set) == "devices_one_controller") return ControllerInUse(controller);
    if (!set.ok()) return set;
    return write.Audit("number", "device", {device}, {"{\"controller\":\"" + number + "\"}"});
  });
  if (!status.ok()) return status;
  return number;
}

}  // namespace nara::registry
