#include <chrono>
#include <optional>
#include <utility>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/responsibility/forms.h"
#include "device_registry/responsibility/postgres_forms.h"
#include "device_registry/responsibility/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kNoun[] = "cost_facts";
constexpr int kPiece = 1000;

constexpr char kPutFacts[] = R"sql(
insert into cost_facts (assignment, since, registered_at, prescriber, key_id, birth, revision)
values ($1, $2::timestamptz, $3, $4, $5, $6::bytea, $7::bigint)
on conflict (assignment, since) do update set registered_at = excluded.registered_at,
  prescriber = excluded.prescriber, key_id = excluded.key_id, birth = excluded.birth, revision = excluded.revision)sql";

constexpr char kFactsOf[] = R"sql(
select assignment, since, registered_at, prescriber, key_id, birth
from cost_facts where assignment = $1 and since = $2::timestamptz)sql";

constexpr char kFactsAt[] = R"sql(
select assignment, since, registered_at, prescriber, key_id, birth
from cost_facts where assignment = $1 and since <= $2::timestamptz order by since desc limit 1)sql";

constexpr char kInClear[] = R"sql(
select assignment, since, to_char(birth_date, 'YYYY-MM-DD') as birth_date
from cost_facts where birth_date is not null limit $1::int)sql";
constexpr char kHide[] = R"sql(
update cost_facts set birth_date = null, key_id = $3, birth = $4::bytea
where assignment = $1 and since = $2::timestamptz)sql";
// What was written over stays in the files until they are written anew.
constexpr char kRewrite[] = "vacuum full cost_facts";

constexpr char kAddException[] = R"sql(
insert into cost_exceptions (id, assignment, payer, period, reason, revision)
values ($1, $2, $3, tstzrange($4::timestamptz, $5::timestamptz, '[)'), $6, $7::bigint))sql";

constexpr char kException[] = R"sql(
select id, assignment, payer, lower(period) as start_at, upper(period) as end_at, reason
from cost_exceptions where id = $1)sql";

constexpr char kExceptionAt[] = R"sql(
select id, assignment, payer, lower(period) as start_at, upper(period) as end_at, reason
from cost_exceptions where assignment = $1 and period @> $2::timestamptz order by revision desc limit 1)sql";

v1::CostException ExceptionOf(const Row& row) {
  v1::CostException exception;
  exception.set_id(row.String("id"));
  exception.set_assignment(row.String("assignment"));
  exception.set_payer(row.String("payer"));
  *exception.mutable_start_at() = ToProto(row.Time("start_at"));
  if (const auto end = row.OptionalTime("end_at")) *exception.mutable_end_at() = ToProto(*end);
  exception.set_reason(row.String("reason"));
  return exception;
}

// What a sealed date belongs to; the rotation of keys makes the same of the row.
std::string IdOf(const std::string& assignment, TimePoint since) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since.time_since_epoch());
  return assignment + " " + std::to_string(micros.count());
}

absl::StatusOr<v1::CostFacts> FactsOf(const IdentityKeys& keys, const Row& row) {
  v1::CostFacts facts;
  *facts.mutable_since() = ToProto(row.Time("since"));
  facts.set_registered_at(row.OptionalString("registered_at").value_or(""));
  facts.set_prescriber(row.OptionalString("prescriber").value_or(""));
  if (row.IsNull("birth")) return facts;
  absl::StatusOr<std::string> birth = keys.Open(kNoun, IdOf(row.String("assignment"), row.Time("since")),
                                                {.key = row.String("key_id"), .bytes = row.Bytes("birth")});
  if (!birth.ok()) return birth.status();
  facts.set_birth_date(*std::move(birth));
  return facts;
}

absl::StatusOr<std::optional<v1::CostFacts>> OneOf(const IdentityKeys& keys, const absl::StatusOr<Result>& found) {
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return FactsOf(keys, (*found)[0]);
}

absl::Status StoreFacts(Write& write, const IdentityKeys& keys, const std::string& assignment,
                        const v1::CostFacts& facts) {
  const TimePoint since = ToChrono(facts.since());
  std::optional<std::string> key;
  std::optional<Bytes> birth;
  absl::StatusOr<IdentityKeys::Sealed> sealed = IdentityKeys::Sealed{};
  if (!facts.birth_date().empty()) {
    sealed = keys.Seal(kNoun, IdOf(assignment, since), facts.birth_date());
    if (!sealed.ok()) return sealed.status();
    key = sealed->key;
    birth = Bytes{sealed->bytes};
  }
  return write
      .Execute(kPutFacts, {assignment, since, Optional(facts.registered_at()), Optional(facts.prescriber()), key, birth,
                           write.revision()})
      .status();
}

// The audit says that they were put, not when somebody was born.
v1::CostFacts WithoutBirth(const v1::CostFacts& facts) {
  v1::CostFacts shown = facts;
  shown.clear_birth_date();
  return shown;
}

}  // namespace

absl::Status PostgresCosts::Prepare() {
  for (bool sealed = false;; sealed = true) {
    const absl::StatusOr<std::size_t> some = SealSome();
    if (!some.ok()) return some.status();
    if (*some == 0) return sealed ? database_.Query(kRewrite, {}).status() : absl::OkStatus();
  }
}

absl::StatusOr<std::size_t> PostgresCosts::SealSome() {
  std::size_t count = 0;
  const Actor self{.id = "nara-device-registry", .via = {}, .reason = {}};
  const absl::Status status = database_.Run(self, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> rows = write.Execute(kInClear, {kPiece});
    if (!rows.ok()) return rows.status();
    count = rows->size();
    for (const Row row : *rows) {
      const std::string assignment = row.String("assignment");
      const TimePoint since = row.Time("since");
      const auto sealed = keys_.Seal(kNoun, IdOf(assignment, since), row.String("birth_date"));
      if (!sealed.ok()) return sealed.status();
      const auto hidden = write.Execute(kHide, {assignment, since, sealed->key, Bytes{sealed->bytes}});
      if (!hidden.ok()) return hidden.status();
    }
    if (count == 0) return absl::OkStatus();
    return write.Audit("seal", "identity_key", {keys_.newest()}, {R"({"sealed":)" + std::to_string(count) + "}"});
  });
  if (!status.ok()) return status;
  return count;
}

absl::Status PostgresCosts::PutFacts(const Actor& actor, const std::string& assignment, const v1::CostFacts& facts,
                                     const AssignmentGuard& guard) {
  return database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Standing> standing = ReadStanding(write, assignment);
    if (!standing.ok()) return standing.status();
    if (absl::Status guarded = guard(*standing); !guarded.ok()) return guarded;
    const auto known = OneOf(keys_, write.Execute(kFactsOf, {assignment, ToChrono(facts.since())}));
    if (!known.ok()) return known.status();
    if (known->has_value() && (*known)->SerializeAsString() == facts.SerializeAsString()) return absl::OkStatus();
    const absl::Status stored = StoreFacts(write, keys_, assignment, facts);
    return stored.ok() ? write.Audit("put", "cost_facts", assignment, WithoutBirth(facts)) : stored;
  });
}

absl::StatusOr<v1::CostException> PostgresCosts::PutException(const Actor& actor, const v1::CostException& wanted,
                                                              const AssignmentGuard& guard) {
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Standing> standing = ReadStanding(write, wanted.assignment());
    if (!standing.ok()) return standing.status();
    if (absl::Status guarded = guard(*standing); !guarded.ok()) return guarded;
    const absl::StatusOr<Result> known = write.Execute(kException, {wanted.id()});
    if (!known.ok()) return known.status();
    if (!known->empty()) {
      if (ExceptionOf((*known)[0]).SerializeAsString() == wanted.SerializeAsString()) return absl::OkStatus();
      return rpc::Error(absl::StatusCode::kAlreadyExists, "COST_EXCEPTION_DIFFERS",
                        "another exception has this id; choose another", {{"exception", wanted.id()}});
    }
    const absl::Status added =
        write
            .Execute(kAddException, {wanted.id(), wanted.assignment(), wanted.payer(), ToChrono(wanted.start_at()),
                                     Optional(wanted.has_end_at(), wanted.end_at()), wanted.reason(), write.revision()})
            .status();
    return added.ok() ? write.Audit("put", "cost_exception", wanted.id(), wanted) : added;
  });
  if (!status.ok()) return status;
  return wanted;
}

absl::StatusOr<std::optional<v1::CostFacts>> PostgresCosts::FactsAt(const std::string& assignment,
                                                                    const google::protobuf::Timestamp& at) {
  return OneOf(keys_, database_.Query(kFactsAt, {assignment, ToChrono(at)}));
}

absl::StatusOr<std::optional<v1::CostException>> PostgresCosts::ExceptionAt(const std::string& assignment,
                                                                            const google::protobuf::Timestamp& at) {
  const absl::StatusOr<Result> found = database_.Query(kExceptionAt, {assignment, ToChrono(at)});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return ExceptionOf((*found)[0]);
}

}  // namespace nara::registry
