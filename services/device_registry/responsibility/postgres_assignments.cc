#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "common/access/authorizer.h"
#include "common/routes/timeline.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/assortment/postgres_chosen.h"
#include "device_registry/life_cycle/postgres_moves.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/responsibility/forms.h"
#include "device_registry/responsibility/postgres_forms.h"
#include "device_registry/responsibility/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kKnown[] = "select 1 from assignments where id = $1";

constexpr char kDevice[] = "select *, now() as now from devices where id = $1";

constexpr char kAssign[] = R"sql(
with made as (
  insert into assignments (id, device, device_number, resident, unit, period, regime, ground, revision)
  select $1, d.id, d.number, $3, $4, tstzrange($5::timestamptz, null, '[)'), $6::int, $7::int, $14::bigint
  from devices d where d.id = $2
  returning id, lower(period) as since),
points as (
  insert into responsibilities (assignment, purpose, since, principal, provider, unit, revision)
  select made.id, p.purpose, made.since, p.principal, p.provider, p.unit, $14::bigint
  from made, (values (1, $8::text, $9::text, $10::text), (2, $11::text, $12::text, $13::text))
    as p (purpose, principal, provider, unit))
update devices set revision = $14::bigint where id = $2)sql";

constexpr char kRevision[] = "select value from revision";

constexpr char kRevisionAt[] =
    "select revision from changes where at <= $1::timestamptz order by at desc, revision desc limit 1";

constexpr char kFormById[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at,
  revision
from assignments where id = $1 and revision <= $2::bigint
union all
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at,
  revision
from assignments_history where id = $1 and revision <= $2::bigint and superseded_by > $2::bigint)sql";

constexpr char kFormByDevice[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at,
  revision
from assignments where device = $1 and revision <= $2::bigint and period @> $3::timestamptz
union all
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at,
  revision
from assignments_history
where device = $1 and revision <= $2::bigint and superseded_by > $2::bigint and period @> $3::timestamptz)sql";

constexpr char kPointsThen[] = R"sql(
select assignment, purpose, since, principal, provider, unit from (
  select * from responsibilities where assignment = $1 and revision <= $2::bigint
  union all
  select assignment, purpose, since, principal, provider, unit, revision
  from responsibilities_history where assignment = $1 and revision <= $2::bigint and superseded_by > $2::bigint) as p
order by purpose, since)sql";

constexpr char kAbsencesThen[] = R"sql(
select assignment, id, kind, lower(period) as start_at, upper(period) as end_at from (
  select * from absences where assignment = $1 and revision <= $2::bigint
  union all
  select id, assignment, kind, period, revision
  from absences_history where assignment = $1 and revision <= $2::bigint and superseded_by > $2::bigint) as b
order by lower(period), id)sql";

constexpr char kRunningOf[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at
from assignments where resident = $1 and (upper_inf(period) or upper(period) > now()) order by device, start_at)sql";

constexpr char kPointsOf[] = R"sql(
select assignment, purpose, since, principal, provider, unit
from responsibilities where assignment = any($1::text[]) order by assignment, purpose, since)sql";

constexpr char kAbsence[] = R"sql(
select id, assignment, kind, lower(period) as start_at, upper(period) as end_at from absences where id = $1)sql";

constexpr char kAddAbsence[] = R"sql(
insert into absences (id, assignment, kind, period, revision)
values ($1, $2, $3::int, tstzrange($4::timestamptz, $5::timestamptz, '[)'), $6::bigint))sql";

constexpr char kEndAbsence[] = R"sql(
update absences set period = tstzrange(lower(period), $2::timestamptz, '[)'), revision = $3::bigint where id = $1)sql";

// A retry of the same wish, not another one under its id.
bool SameWish(const v1::AssignDeviceRequest& wish, const v1::Assignment& stored) {
  const bool start = !wish.has_start_at() || SameTime(wish.start_at(), stored.start_at());
  return start && stored.device() == wish.device() && stored.resident() == wish.resident() &&
         stored.unit() == wish.unit() && stored.regime() == wish.regime() && stored.ground() == wish.ground();
}

bool InTheWay(const v1::Assignment& assignment, const google::protobuf::Timestamp& start) {
  return !assignment.has_end_at() || ToChrono(assignment.end_at()) > ToChrono(start);
}

// Asks the guard about the device as it stands. The start of the new assignment is now
// when the wish says none.
absl::Status GuardDevice(Write& write, NewAssignment& plan, std::vector<v1::Assignment>& running,
                         google::protobuf::Timestamp& now) {
  v1::AssignDeviceRequest& wish = plan.request;
  const absl::StatusOr<Result> device = write.Execute(kDevice, {wish.device()});
  if (!device.ok()) return device.status();
  if (device->empty()) return NotThere("device", wish.device());
  now = ToProto((*device)[0].Time("now"));
  if (!wish.has_start_at()) *wish.mutable_start_at() = now;
  absl::StatusOr<std::vector<v1::Assignment>> all = ReadDevice(write, wish.device());
  if (!all.ok()) return all.status();
  for (v1::Assignment& assignment : *all) {
    if (InTheWay(assignment, wish.start_at())) running.push_back(std::move(assignment));
  }
  return plan.guard(DeviceOf((*device)[0]), running, now);
}

absl::Status EndRunning(Write& write, const v1::AssignDeviceRequest& wish, const std::vector<v1::Assignment>& running) {
  for (const v1::Assignment& before : running) {
    if (before.has_end_at() || ToChrono(before.start_at()) >= ToChrono(wish.start_at())) continue;
    v1::Assignment after = before;
    EndAt(after, wish.start_at());
    absl::Status ended = SaveForm(write, before, after);
    if (ended.ok()) ended = write.AuditChange("end", "assignment", before.id(), before, after);
    if (!ended.ok()) return ended;
  }
  return absl::OkStatus();
}

v1::Assignment FormOf(const NewAssignment& plan) {
  const v1::AssignDeviceRequest& wish = plan.request;
  v1::Assignment form;
  form.set_id(wish.assignment());
  form.set_device(wish.device());
  form.set_resident(wish.resident());
  form.set_unit(wish.unit());
  *form.mutable_start_at() = wish.start_at();
  form.set_regime(wish.regime());
  form.set_ground(wish.ground());
  *form.add_responsibilities() = PointOf(v1::PURPOSE_CARE, plan.care, form.start_at());
  *form.add_responsibilities() = PointOf(v1::PURPOSE_ALARM, plan.alarm, form.start_at());
  return form;
}

absl::Status Insert(Write& write, const NewAssignment& plan, const v1::Assignment& form) {
  const absl::Status made =
      write
          .Execute(kAssign,
                   {form.id(), form.device(), Optional(form.resident()), Optional(form.unit()),
                    ToChrono(form.start_at()), static_cast<int>(form.regime()), static_cast<int>(form.ground()),
                    plan.care.principal(), plan.care.provider(), plan.care.id(), plan.alarm.principal(),
                    plan.alarm.provider(), plan.alarm.id(), write.revision()})
          .status();
  return made.ok() ? write.Audit("assign", "assignment", form.id(), form) : Explained(made, form.device());
}

absl::Status Make(Write& write, NewAssignment& plan, v1::Assignment& form) {
  std::vector<v1::Assignment> running;
  google::protobuf::Timestamp now;
  if (absl::Status guarded = GuardDevice(write, plan, running, now); !guarded.ok()) return guarded;
  form = FormOf(plan);
  const absl::Status chosen = CheckDeviceChosen(write, plan.care.principal(), form.device(), ToChrono(form.start_at()));
  if (!chosen.ok()) return chosen;
  const auto change = [&] {
    const absl::Status ended = plan.request.end_running() ? EndRunning(write, plan.request, running) : absl::OkStatus();
    return ended.ok() ? Insert(write, plan, form) : ended;
  };
  const absl::Status changed =
      Before(form.start_at(), now) ? Correcting(write, form.device(), now, change).status() : change();
  return changed.ok() ? HandOut(write, form) : changed;
}

absl::Status Differs(const std::string& noun, const std::string& reason, const std::string& id) {
  return rpc::Error(absl::StatusCode::kAlreadyExists, reason, "another " + noun + " has this id; choose another",
                    {{noun, id}});
}

}  // namespace

absl::StatusOr<v1::Assignment> PostgresAssignments::Assign(const Actor& actor, const NewAssignment& wanted) {
  v1::Assignment assignment;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    NewAssignment plan = wanted;
    const std::string& id = plan.request.assignment();
    const absl::StatusOr<Result> known = write.Execute(kKnown, {id});
    if (!known.ok()) return known.status();
    if (known->empty()) return Make(write, plan, assignment);
    absl::StatusOr<Standing> standing = ReadStanding(write, id);
    if (!standing.ok()) return standing.status();
    assignment = std::move(standing->assignment);
    return SameWish(plan.request, assignment) ? absl::OkStatus() : Differs("assignment", "ASSIGNMENT_DIFFERS", id);
  });
  if (!status.ok()) return status;
  return assignment;
}

absl::StatusOr<Reformed> PostgresAssignments::Change(const Actor& actor, const std::string& action,
                                                     const std::string& assignment, const Reform& reform) {
  Reformed result;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Standing> standing = ReadStanding(write, assignment);
    if (!standing.ok()) return standing.status();
    absl::StatusOr<v1::Assignment> after = reform(*standing);
    if (!after.ok()) return after.status();
    const v1::Assignment& before = standing->assignment;
    result = {.assignment = *std::move(after), .revision = standing->revision, .corrections = {}};
    if (before.SerializeAsString() == result.assignment.SerializeAsString()) return absl::OkStatus();
    result.revision = static_cast<std::uint64_t>(write.revision());
    auto corrections =
        Correcting(write, before.device(), standing->now, [&] { return SaveForm(write, before, result.assignment); });
    if (!corrections.ok()) return corrections.status();
    result.corrections = *std::move(corrections);
    return write.AuditChange(action, "assignment", assignment, before, result.assignment);
  });
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<std::optional<Reformed>> PostgresAssignments::Find(const AssignmentQuery& query) {
  // A revision that is not yet would not stand still between the queries.
  const absl::StatusOr<Result> newest = database_.Query(kRevision, {});
  if (!newest.ok()) return newest.status();
  const std::int64_t now = (*newest)[0].Int64("value");
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  const std::int64_t then =
      std::min(now, static_cast<std::int64_t>(std::min(query.believed.value_or(kLargest), kLargest)));
  const absl::StatusOr<Result> form = query.assignment.empty()
                                          ? database_.Query(kFormByDevice, {query.device, then, ToChrono(query.at)})
                                          : database_.Query(kFormById, {query.assignment, then});
  if (!form.ok()) return form.status();
  if (form->empty()) return std::nullopt;
  const std::string id = (*form)[0].String("id");
  const absl::StatusOr<Result> points = database_.Query(kPointsThen, {id, then});
  if (!points.ok()) return points.status();
  const absl::StatusOr<Result> absences = database_.Query(kAbsencesThen, {id, then});
  if (!absences.ok()) return absences.status();
  std::vector<v1::Assignment> forms = AssignmentsOf(*form, *points);
  AddAbsences(*absences, forms);
  return Reformed{.assignment = std::move(forms.front()),
                  .revision = static_cast<std::uint64_t>((*form)[0].Int64("revision")),
                  .corrections = {}};
}

absl::StatusOr<std::uint64_t> PostgresAssignments::RevisionAt(const google::protobuf::Timestamp& at) {
  const absl::StatusOr<Result> found = database_.Query(kRevisionAt, {ToChrono(at)});
  if (!found.ok()) return found.status();
  return found->empty() ? 0 : static_cast<std::uint64_t>((*found)[0].Int64("revision"));
}

absl::StatusOr<std::vector<v1::Assignment>> PostgresAssignments::RunningOf(const std::string& resident) {
  const absl::StatusOr<Result> found = database_.Query(kRunningOf, {resident});
  if (!found.ok()) return found.status();
  std::vector<std::string> ids;
  for (const Row row : *found) ids.push_back(row.String("id"));
  const absl::StatusOr<Result> points = database_.Query(kPointsOf, {ids});
  if (!points.ok()) return points.status();
  return AssignmentsOf(*found, *points);
}

absl::StatusOr<v1::Absence> PostgresAssignments::PutAbsence(const Actor& actor, const std::string& assignment,
                                                            const v1::Absence& wanted, const AssignmentGuard& guard) {
  v1::Absence absence;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    absence = wanted;
    const absl::StatusOr<Standing> standing = ReadStanding(write, assignment);
    if (!standing.ok()) return standing.status();
    if (absl::Status guarded = guard(*standing); !guarded.ok()) return guarded;
    const absl::StatusOr<Result> known = write.Execute(kAbsence, {absence.id()});
    if (!known.ok()) return known.status();
    if (!known->empty()) {
      const v1::Absence stored = AbsenceOf((*known)[0]);
      if (!absence.has_start_at()) *absence.mutable_start_at() = stored.start_at();
      const bool same =
          (*known)[0].Text("assignment") == assignment && stored.SerializeAsString() == absence.SerializeAsString();
      return same ? absl::OkStatus() : Differs("absence", "ABSENCE_DIFFERS", absence.id());
    }
    if (!absence.has_start_at()) *absence.mutable_start_at() = standing->now;
    absl::Status added = write
                             .Execute(kAddAbsence, {absence.id(), assignment, static_cast<int>(absence.kind()),
                                                    ToChrono(absence.start_at()),
                                                    Optional(absence.has_end_at(), absence.end_at()), write.revision()})
                             .status();
    if (added.ok()) added = Touch(write, standing->assignment);
    return added.ok() ? write.Audit("put", "absence", absence.id(), absence) : added;
  });
  if (!status.ok()) return status;
  return absence;
}

absl::StatusOr<v1::Absence> PostgresAssignments::EndAbsence(const Actor& actor, const v1::EndAbsenceRequest& request,
                                                            const AssignmentGuard& guard) {
  v1::Absence absence;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> known = write.Execute(kAbsence, {request.absence()});
    if (!known.ok()) return known.status();
    if (known->empty()) return NotThere("absence", request.absence());
    const absl::StatusOr<Standing> standing = ReadStanding(write, (*known)[0].String("assignment"));
    if (!standing.ok()) return standing.status();
    if (absl::Status guarded = guard(*standing); !guarded.ok()) return guarded;
    const v1::Absence before = AbsenceOf((*known)[0]);
    absence = before;
    // Said again without a time: it stays as it ended. Another end is named.
    const bool ended = before.has_end_at() && ToChrono(before.end_at()) <= ToChrono(standing->now);
    if (ended && !request.has_end_at()) return absl::OkStatus();
    *absence.mutable_end_at() = request.has_end_at() ? request.end_at() : standing->now;
    if (before.SerializeAsString() == absence.SerializeAsString()) return absl::OkStatus();
    if (ToChrono(absence.end_at()) <= ToChrono(absence.start_at())) {
      return rpc::Error(absl::StatusCode::kFailedPrecondition, "ABSENCE_NOT_BEGUN",
                        "an absence ends after it began; name a later end", {{"absence", absence.id()}});
    }
    absl::Status done =
        write.Execute(kEndAbsence, {absence.id(), ToChrono(absence.end_at()), write.revision()}).status();
    if (done.ok()) done = Touch(write, standing->assignment);
    return done.ok() ? write.AuditChange("end", "absence", absence.id(), before, absence) : done;
  });
  if (!status.ok()) return status;
  return absence;
}

}  // namespace nara::registry
