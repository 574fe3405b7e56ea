#include <utility>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/responsibility/forms.h"
#include "device_registry/responsibility/postgres_forms.h"
#include "device_registry/responsibility/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kPutFacts[] = R"sql(
insert into cost_facts as f (assignment, since, registered_at, prescriber, birth_date, revision)
values ($1, $2::timestamptz, $3, $4, $5::date, $6::bigint)
on conflict (assignment, since) do update set registered_at = excluded.registered_at,
  prescriber = excluded.prescriber, birth_date = excluded.birth_date, revision = excluded.revision
where (f.registered_at, f.prescriber, f.birth_date)
  is distinct from (excluded.registered_at, excluded.prescriber, excluded.birth_date)
returning 1)sql";

constexpr char kFactsAt[] = R"sql(
select since, registered_at, prescriber, to_char(birth_date, 'YYYY-MM-DD') as birth_date
from cost_facts where assignment = $1 and since <= $2::timestamptz order by since desc limit 1)sql";

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

// The audit says that they were put, not when somebody was born.
v1::CostFacts WithoutBirth(const v1::CostFacts& facts) {
  v1::CostFacts shown = facts;
  shown.clear_birth_date();
  return shown;
}

}  // namespace

absl::Status PostgresCosts::PutFacts(const Actor& actor, const std::string& assignment, const v1::CostFacts& facts,
                                     const AssignmentGuard& guard) {
  return database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Standing> standing = ReadStanding(write, assignment);
    if (!standing.ok()) return standing.status();
    if (absl::Status guarded = guard(*standing); !guarded.ok()) return guarded;
    const absl::StatusOr<Result> put =
        write.Execute(kPutFacts, {assignment, ToChrono(facts.since()), Optional(facts.registered_at()),
                                  Optional(facts.prescriber()), Optional(facts.birth_date()), write.revision()});
    if (!put.ok()) return put.status();
    return put->empty() ? absl::OkStatus() : write.Audit("put", "cost_facts", assignment, WithoutBirth(facts));
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
  const absl::StatusOr<Result> found = database_.Query(kFactsAt, {assignment, ToChrono(at)});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  const Row row = (*found)[0];
  v1::CostFacts facts;
  *facts.mutable_since() = ToProto(row.Time("since"));
  facts.set_registered_at(row.OptionalString("registered_at").value_or(""));
  facts.set_prescriber(row.OptionalString("prescriber").value_or(""));
  facts.set_birth_date(row.OptionalString("birth_date").value_or(""));
  return facts;
}

absl::StatusOr<std::optional<v1::CostException>> PostgresCosts::ExceptionAt(const std::string& assignment,
                                                                            const google::protobuf::Timestamp& at) {
  const absl::StatusOr<Result> found = database_.Query(kExceptionAt, {assignment, ToChrono(at)});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return ExceptionOf((*found)[0]);
}

}  // namespace nara::registry
