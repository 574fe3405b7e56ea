// Enrolments and renewals: each signs inside the transaction that records it.
#include "absl/time/time.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/identity/postgres_store.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr int kWrongCodes = 10;

constexpr char kEndOpen[] = "update enrolments set ended_at = now() where device = $1 and ended_at is null";
constexpr char kAddEnrolment[] = R"sql(
insert into enrolments (id, device, code_sha256, expires_at, revision)
values ($1, $2, $3, now() + make_interval(secs => $4::int), $5::bigint) returning *)sql";
constexpr char kOpen[] = R"sql(
select *, expires_at > now() as live from enrolments where device = $1 and ended_at is null)sql";
constexpr char kWrong[] = "update enrolments set wrong_codes = wrong_codes + 1 where id = $1";
constexpr char kUse[] = "update enrolments set used_at = now(), request_sha256 = $2 where id = $1";

constexpr char kDeviceRevoked[] = R"sql(
select 1 from revocations where device = $1 and serial is null and lifted_at is null)sql";
constexpr char kFirstRevoked[] = R"sql(
select device from revocations where device = any($1::text[]) and serial is null and lifted_at is null
order by device limit 1)sql";
constexpr char kLetsIn[] = R"sql(
select 1 from certificates c
where c.device = $1 and c.serial = $2 and c.not_after > now() and not exists (
  select 1 from revocations r
  where r.device = c.device and (r.serial is null or r.serial = c.serial) and r.lifted_at is null))sql";
// The same request is a retry for a day; later, a device that keeps its key renews. A request that was recorded must
// not bring back a key that has been revoked.
constexpr char kOfRequest[] = R"sql(
select c.pem, c.issued_at > now() - interval '1 day' as retry, exists (
  select 1 from revocations r where r.serial = c.serial and r.lifted_at is null) as revoked
from certificates c where c.device = $1 and c.request_sha256 = $2 order by revoked desc, c.issued_at desc limit 1)sql";
constexpr char kAddCertificate[] = R"sql(
insert into certificates (device, serial, not_after, pem, request_sha256, revision)
values ($1, $2, $3::timestamptz, $4, $5, $6::bigint))sql";

v1::Enrolment EnrolmentOf(const Row& row) {
  v1::Enrolment enrolment;
  enrolment.set_id(row.String("id"));
  enrolment.set_device(row.String("device"));
  *enrolment.mutable_expires_at() = ToProto(row.Time("expires_at"));
  return enrolment;
}

// What is still open, and may be tried.
bool MayTry(const Result& open) {
  return !open.empty() && open[0].Bool("live") && open[0].Int("wrong_codes") < kWrongCodes;
}

absl::Status RequestRevoked(const std::string& device) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "CERTIFICATE_REVOKED",
                    "the certificate of this request has been revoked; make another key and request",
                    {{"device", device}});
}

// The certificate of a request, new or as it was given before.
absl::Status Issue(Write& write, const std::string& what, const std::string& device, const std::string& request,
                   const Signer& sign, std::string& pem) {
  const absl::StatusOr<Result> known = write.Execute(kOfRequest, {device, request});
  if (!known.ok()) return known.status();
  if (!known->empty()) {
    if ((*known)[0].Bool("revoked")) return RequestRevoked(device);
    pem = (*known)[0].String("pem");
    if ((*known)[0].Bool("retry")) return absl::OkStatus();
  }
  const absl::StatusOr<Credentials::Signed> made = sign();
  if (!made.ok()) return made.status();
  pem = made->certificate_pem;
  const absl::Status added = write
                                 .Execute(kAddCertificate, {device, made->serial, absl::ToChronoTime(made->not_after),
                                                            pem, request, write.revision()})
                                 .status();
  return added.ok() ? write.Audit(what, "device", {device}, {"{\"serial\":\"" + made->serial + "\"}"}) : added;
}

// One code, tried. `refused` when it does not work; what is written is kept then too.
absl::Status Try(Write& write, const ShownCode& shown, const Signer& sign, std::string& pem, bool& refused) {
  const absl::StatusOr<Result> open = write.Execute(kOpen, {shown.device});
  if (!open.ok()) return open.status();
  refused = !MayTry(*open);
  if (refused) return absl::OkStatus();
  const std::string id = (*open)[0].String("id");
  refused = (*open)[0].Text("code_sha256") != shown.code_sha256;
  if (refused) {
    const absl::Status counted = write.Execute(kWrong, {id}).status();
    return counted.ok() ? write.Audit("refuse", "enrolment", {id}, {"{}"}) : counted;
  }
  const std::string used_for = (*open)[0].OptionalString("request_sha256").value_or("");
  const absl::StatusOr<Result> revoked = write.Execute(kDeviceRevoked, {shown.device});
  if (!revoked.ok()) return revoked.status();
  refused = !revoked->empty() || (!used_for.empty() && used_for != shown.request_sha256);
  if (refused) return absl::OkStatus();
  if (absl::Status issued = Issue(write, "enrol", shown.device, shown.request_sha256, sign, pem); !issued.ok()) {
    return issued;
  }
  return used_for.empty() ? write.Execute(kUse, {id, shown.request_sha256}).status() : absl::OkStatus();
}

}  // namespace

absl::Status CheckMayComeIn(Write& write, const std::vector<std::string>& devices) {
  const absl::StatusOr<Result> revoked = write.Execute(kFirstRevoked, {devices});
  if (!revoked.ok() || revoked->empty()) return revoked.status();
  return rpc::Error(
      absl::StatusCode::kFailedPrecondition, "DEVICE_REVOKED",
      "the device is revoked; lift the revocation first (ListCertificates shows it, LiftRevocation ends it)",
      {{"device", (*revoked)[0].String("device")}});
}

absl::StatusOr<v1::Enrolment> PostgresIdentityStore::CreateEnrolment(const Actor& actor,
                                                                     const NewEnrolment& enrolment) {
  v1::Enrolment stored;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    if (absl::Status may = CheckMayComeIn(write, {enrolment.device}); !may.ok()) return may;
    if (absl::Status ended = write.Execute(kEndOpen, {enrolment.device}).status(); !ended.ok()) return ended;
    const absl::StatusOr<Result> added =
        write.Execute(kAddEnrolment, {enrolment.id, enrolment.device, enrolment.code_sha256,
                                      absl::ToInt64Seconds(enrolment.validity), write.revision()});
    if (!added.ok()) return added.status();
    stored = EnrolmentOf((*added)[0]);
    return write.Audit("create", "enrolment", enrolment.id, stored);
  });
  if (!status.ok()) return status;
  return stored;
}

absl::StatusOr<std::string> PostgresIdentityStore::Enrol(const Actor& actor, const ShownCode& shown,
                                                         const Signer& sign) {
  // Whoever guesses at devices without a code makes no writer wait.
  const absl::StatusOr<Result> open = database_.Query(kOpen, {shown.device});
  if (!open.ok()) return open.status();
  if (!MayTry(*open)) return EnrolmentRefused(shown.device);
  std::string pem;
  bool refused = false;
  const absl::Status status = database_.Run(actor, [&](Write& write) { return Try(write, shown, sign, pem, refused); });
  if (!status.ok()) return status;
  if (refused) return EnrolmentRefused(shown.device);
  return pem;
}

absl::StatusOr<std::string> PostgresIdentityStore::Renew(const Actor& actor, const HeldCertificate& held,
                                                         const Signer& sign) {
  std::string pem;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> lets_in = write.Execute(kLetsIn, {held.device, held.serial});
    if (!lets_in.ok()) return lets_in.status();
    if (lets_in->empty()) return ProofRefused(held.device);
    return Issue(write, "renew", held.device, held.request_sha256, sign, pem);
  });
  if (!status.ok()) return status;
  return pem;
}

}  // namespace nara::registry
