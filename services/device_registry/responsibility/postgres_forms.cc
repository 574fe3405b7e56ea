#include "device_registry/responsibility/postgres_forms.h"

#include <utility>

#include "common/access/authorizer.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/responsibility/forms.h"

namespace nara::registry {
namespace {

constexpr char kAssignment[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at,
  revision, now() as now
from assignments where id = $1)sql";

constexpr char kOfDevice[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at
from assignments where device = $1 order by start_at)sql";

constexpr char kPoints[] = R"sql(
select assignment, purpose, since, principal, provider, unit
from responsibilities where assignment = any($1::text[]) order by assignment, purpose, since)sql";

constexpr char kAbsences[] = R"sql(
select assignment, id, kind, lower(period) as start_at, upper(period) as end_at
from absences where assignment = any($1::text[]) order by assignment, lower(period), id)sql";

constexpr char kSave[] = R"sql(
update assignments set resident = $2, unit = $3,
  period = tstzrange($4::timestamptz, $5::timestamptz, '[)'), revision = $6::bigint
where id = $1)sql";

constexpr char kDropPoints[] = R"sql(
delete from responsibilities r where r.assignment = $1
  and not exists (select from unnest($2::int[], $3::timestamptz[]) as kept (purpose, since)
                  where kept.purpose = r.purpose and kept.since = r.since))sql";

constexpr char kPutPoints[] = R"sql(
insert into responsibilities as r (assignment, purpose, since, principal, provider, unit, revision)
select $1, p.*, $7::bigint
from unnest($2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[]) as p
on conflict (assignment, purpose, since) do update
  set principal = excluded.principal, provider = excluded.provider, unit = excluded.unit, revision = excluded.revision
  where r.unit <> excluded.unit)sql";

constexpr char kTouch[] = R"sql(
with shown as (update devices set revision = $3::bigint where id = $2)
update assignments set revision = $3::bigint where id = $1)sql";

constexpr char kShow[] = "update devices set revision = $2::bigint where id = $1";

constexpr char kCorrect[] = R"sql(
insert into corrections (revision, ordinal, device_number, purpose, start_at, end_at, from_assignment, from_resident,
  from_unit, to_assignment, to_resident, to_unit)
select $2::bigint, coalesce((select max(c.ordinal) + 1 from corrections c where c.revision = $2::bigint), 0), d.number,
  $3::int, $4::timestamptz, $5::timestamptz, $6, $7, $8, $9, $10, $11
from devices d where d.id = $1)sql";

absl::StatusOr<std::vector<v1::Assignment>> Filled(Write& write, const Result& rows) {
  std::vector<std::string> ids;
  for (const Row row : rows) ids.push_back(row.String("id"));
  const absl::StatusOr<Result> points = write.Execute(kPoints, {ids});
  if (!points.ok()) return points.status();
  const absl::StatusOr<Result> absences = write.Execute(kAbsences, {ids});
  if (!absences.ok()) return absences.status();
  std::vector<v1::Assignment> assignments = AssignmentsOf(rows, *points);
  AddAbsences(*absences, assignments);
  return assignments;
}

absl::Status SavePoints(Write& write, const v1::Assignment& form) {
  std::vector<int> purposes;
  std::vector<TimePoint> times;
  std::vector<std::string> principals, providers, units;
  for (const v1::Responsibility& point : form.responsibilities()) {
    purposes.push_back(point.purpose());
    times.push_back(ToChrono(point.since()));
    principals.push_back(point.principal());
    providers.push_back(point.provider());
    units.push_back(point.unit());
  }
  const absl::Status dropped = write.Execute(kDropPoints, {form.id(), purposes, times}).status();
  if (!dropped.ok()) return dropped;
  return write.Execute(kPutPoints, {form.id(), purposes, times, principals, providers, units, write.revision()})
      .status();
}

absl::Status Keep(Write& write, const std::string& device, v1::Correction& correction) {
  correction.set_revision(static_cast<std::uint64_t>(write.revision()));
  return write
      .Execute(kCorrect,
               {device, write.revision(), static_cast<int>(correction.purpose()), ToChrono(correction.start_at()),
                ToChrono(correction.end_at()), correction.from_assignment(), correction.from_resident(),
                correction.from_unit(), correction.to_assignment(), correction.to_resident(), correction.to_unit()})
      .status();
}

}  // namespace

std::optional<TimePoint> Optional(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return std::nullopt;
  return ToChrono(time);
}

std::optional<std::string> Optional(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text;
}

absl::StatusOr<Standing> ReadStanding(Write& write, const std::string& assignment) {
  const absl::StatusOr<Result> found = write.Execute(kAssignment, {assignment});
  if (!found.ok()) return found.status();
  if (found->empty()) return NotThere("assignment", assignment);
  absl::StatusOr<std::vector<v1::Assignment>> filled = Filled(write, *found);
  if (!filled.ok()) return filled.status();
  const Row row = (*found)[0];
  return Standing{.assignment = std::move(filled->front()),
                  .revision = static_cast<std::uint64_t>(row.Int64("revision")),
                  .now = ToProto(row.Time("now"))};
}

absl::StatusOr<std::vector<v1::Assignment>> ReadDevice(Write& write, const std::string& device) {
  const absl::StatusOr<Result> found = write.Execute(kOfDevice, {device});
  if (!found.ok()) return found.status();
  return Filled(write, *found);
}

absl::Status SaveForm(Write& write, const v1::Assignment& before, const v1::Assignment& after) {
  if (before.SerializeAsString() == after.SerializeAsString()) return absl::OkStatus();
  absl::Status saved =
      write
          .Execute(kSave, {after.id(), Optional(after.resident()), Optional(after.unit()), ToChrono(after.start_at()),
                           Optional(after.has_end_at(), after.end_at()), write.revision()})
          .status();
  if (saved.ok()) saved = SavePoints(write, after);
  if (saved.ok()) saved = write.Execute(kShow, {after.device(), write.revision()}).status();
  return Explained(saved, after.device());
}

absl::Status Touch(Write& write, const v1::Assignment& assignment) {
  return write.Execute(kTouch, {assignment.id(), assignment.device(), write.revision()}).status();
}

absl::StatusOr<std::vector<v1::Correction>> Correcting(Write& write, const std::string& device,
                                                       const google::protobuf::Timestamp& now,
                                                       absl::FunctionRef<absl::Status()> change) {
  const absl::StatusOr<std::vector<v1::Assignment>> before = ReadDevice(write, device);
  if (!before.ok()) return before.status();
  if (absl::Status changed = change(); !changed.ok()) return changed;
  const absl::StatusOr<std::vector<v1::Assignment>> after = ReadDevice(write, device);
  if (!after.ok()) return after.status();
  std::vector<v1::Correction> corrections = CorrectionsOf(*before, *after, now);
  for (v1::Correction& correction : corrections) {
    if (absl::Status stored = Keep(write, device, correction); !stored.ok()) return stored;
  }
  return corrections;
}

absl::Status Explained(const absl::Status& status, const std::string& device) {
  if (ConstraintOf(status) != "assignments_one_at_a_time") return status;
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "DEVICE_ASSIGNED",
                    "the device is assigned in that time; end that assignment, or ask for end_running",
                    {{"device", device}});
}

}  // namespace nara::registry
