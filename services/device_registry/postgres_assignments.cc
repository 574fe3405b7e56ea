// Writes of assignments and responsibilities.
#include <optional>
#include <utility>
#include <vector>

#include "common/access/authorizer.h"
#include "common/rpc/error.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kAssignment[] = R"sql(
select id, device, resident, start_at, upper(period) as end_at, regime from assignments where id = $1)sql";

constexpr char kPoints[] = R"sql(
select assignment, purpose, since, principal, provider, unit
from responsibilities where assignment = $1 order by purpose, since)sql";

constexpr char kRunningOf[] = R"sql(
select id from assignments
where device = $1 and upper_inf(period) and lower(period) < coalesce($2::timestamptz, now()))sql";

constexpr char kDevice[] = "select *, now() as now from devices where id = $1";

constexpr char kNow[] = "select now() as now";

// What would be in the way of an assignment without an end.
constexpr char kNotEndedOf[] = R"sql(
select id from assignments
where device = $1 and (upper_inf(period) or upper(period) > coalesce($2::timestamptz, now())))sql";

constexpr char kEnd[] = R"sql(
update assignments set period = tstzrange(lower(period), coalesce($2::timestamptz, now()), '[)')
where id = $1 and upper_inf(period) and lower(period) < coalesce($2::timestamptz, now())
returning device)sql";

// Change points that were planned for after the end never come.
constexpr char kDropPlanned[] = R"sql(
with gone as (
  delete from responsibilities r using assignments a
  where a.id = $1 and r.assignment = a.id and r.since >= upper(a.period)
  returning r.assignment, r.purpose, r.since, r.principal, r.provider, r.unit, r.revision)
insert into responsibilities_history select gone.*, $2::bigint from gone)sql";

constexpr char kAssign[] = R"sql(
with made as (
  insert into assignments (id, device, device_number, resident, period, regime)
  select $1, d.id, d.number, $3, tstzrange(coalesce($4::timestamptz, now()), null, '[)'), $5::int
  from devices d where d.id = $2
  returning id, lower(period) as since),
points as (
  insert into responsibilities (assignment, purpose, since, principal, provider, unit, revision)
  select made.id, p.purpose, made.since, p.principal, p.provider, p.unit, $12::bigint
  from made, (values (1, $6::text, $7::text, $8::text), (2, $9::text, $10::text, $11::text))
    as p (purpose, principal, provider, unit)),
touched as (update devices set revision = $12::bigint where id = $2)
select since from made)sql";

constexpr char kTouchDevice[] = "update devices set revision = $2::bigint where id = $1";

constexpr char kTransfer[] = R"sql(
insert into responsibilities (assignment, purpose, since, principal, provider, unit, revision)
select a.id, $2::int, coalesce($3::timestamptz, now()), $4, $5, $6, $7::bigint
from assignments a
where a.id = $1 and a.period @> coalesce($3::timestamptz, now()) and lower(a.period) < coalesce($3::timestamptz, now())
on conflict do nothing returning since)sql";

std::optional<TimePoint> Optional(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return std::nullopt;
  return TimePointOf(time);
}

absl::Status Failed(const std::string& reason, const std::string& message, const std::string& noun,
                    const std::string& id) {
  return rpc::Error(absl::StatusCode::kFailedPrecondition, reason, message, {{noun, id}});
}

// Reads an assignment with its change points.
absl::StatusOr<std::optional<v1::Assignment>> Read(Write& write, const std::string& id) {
  const absl::StatusOr<Result> found = write.Execute(kAssignment, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  const absl::StatusOr<Result> points = write.Execute(kPoints, {id});
  if (!points.ok()) return points.status();
  return AssignmentsOf(*found, *points).front();
}

absl::Status ReadInto(Write& write, const std::string& id, v1::Assignment& assignment) {
  absl::StatusOr<std::optional<v1::Assignment>> found = Read(write, id);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return NotThere("assignment", id);
  assignment = **std::move(found);
  return absl::OkStatus();
}

// Asks the guard about the device as it stands.
absl::Status GuardDevice(Write& write, const NewAssignment& plan, const std::optional<TimePoint>& at) {
  const std::string& id = plan.request.device();
  const absl::StatusOr<Result> device = write.Execute(kDevice, {id});
  if (!device.ok()) return device.status();
  if (device->empty()) return NotThere("device", id);
  const absl::StatusOr<Result> rows = write.Execute(kNotEndedOf, {id, at});
  if (!rows.ok()) return rows.status();
  std::vector<v1::Assignment> running;
  for (const Row row : *rows) {
    if (absl::Status read = ReadInto(write, row.String("id"), running.emplace_back()); !read.ok()) return read;
  }
  return plan.guard(DeviceOf((*device)[0]), running, TimestampOf((*device)[0].Time("now")));
}

// Reads the assignment and asks the guard about it.
absl::Status ReadGuarded(Write& write, const std::string& id, const AssignmentGuard& guard,
                         v1::Assignment& assignment) {
  if (absl::Status read = ReadInto(write, id, assignment); !read.ok()) return read;
  const absl::StatusOr<Result> now = write.Execute(kNow, {});
  return now.ok() ? guard(assignment, TimestampOf((*now)[0].Time("now"))) : now.status();
}

// A retry of the same wish, not another one under its id.
bool SameWish(const v1::AssignDeviceRequest& wish, const v1::Assignment& stored) {
  const bool start = !wish.has_start_at() || TimePointOf(wish.start_at()) == TimePointOf(stored.start_at());
  return start && stored.device() == wish.device() && stored.resident() == wish.resident() &&
         stored.regime() == wish.regime();
}

absl::Status EndOne(Write& write, const std::string& id, const std::optional<TimePoint>& at) {
  const absl::StatusOr<Result> ended = write.Execute(kEnd, {id, at});
  if (!ended.ok()) return ended.status();
  if (ended->empty()) {
    return Failed("ASSIGNMENT_ENDED", "the assignment has ended, or begins later than that", "assignment", id);
  }
  absl::Status status = write.Execute(kDropPlanned, {id, write.revision()}).status();
  if (status.ok()) status = write.Execute(kTouchDevice, {(*ended)[0].String("device"), write.revision()}).status();
  return status.ok() ? write.Audit("end", "assignment", {id}, {"{}"}) : status;
}

absl::Status EndRunning(Write& write, const v1::AssignDeviceRequest& wish, const std::optional<TimePoint>& at) {
  const absl::StatusOr<Result> running = write.Execute(kRunningOf, {wish.device(), at});
  if (!running.ok()) return running.status();
  for (const Row row : *running) {
    if (absl::Status status = EndOne(write, row.String("id"), at); !status.ok()) return status;
  }
  return absl::OkStatus();
}

v1::Responsibility PointOf(v1::Purpose purpose, const v1::Unit& unit, const google::protobuf::Timestamp& since) {
  v1::Responsibility point;
  point.set_purpose(purpose);
  *point.mutable_since() = since;
  point.set_principal(unit.principal());
  point.set_provider(unit.provider());
  point.set_unit(unit.id());
  return point;
}

absl::StatusOr<v1::Assignment> Make(Write& write, const NewAssignment& plan, const std::optional<TimePoint>& at) {
  const v1::AssignDeviceRequest& wish = plan.request;
  const absl::StatusOr<Result> made =
      write.Execute(kAssign, {wish.assignment(), wish.device(), wish.resident(), at, static_cast<int>(wish.regime()),
                              plan.care.principal(), plan.care.provider(), plan.care.id(), plan.alarm.principal(),
                              plan.alarm.provider(), plan.alarm.id(), write.revision()});
  if (!made.ok()) return made.status();
  if (made->empty()) return NotThere("device", wish.device());
  v1::Assignment assignment;
  assignment.set_id(wish.assignment());
  assignment.set_device(wish.device());
  assignment.set_resident(wish.resident());
  *assignment.mutable_start_at() = TimestampOf((*made)[0].Time("since"));
  assignment.set_regime(wish.regime());
  *assignment.add_responsibilities() = PointOf(v1::PURPOSE_CARE, plan.care, assignment.start_at());
  *assignment.add_responsibilities() = PointOf(v1::PURPOSE_ALARM, plan.alarm, assignment.start_at());
  return assignment;
}

absl::Status Explain(const absl::Status& status, const std::string& device) {
  if (ConstraintOf(status) != "assignments_one_at_a_time") return status;
  return Failed("DEVICE_ASSIGNED", "the device is assigned in that time; end that assignment, or ask for end_running",
                "device", device);
}

}  // namespace

absl::StatusOr<v1::Assignment> PostgresStore::Assign(const Actor& actor, const NewAssignment& plan) {
  const v1::AssignDeviceRequest& wish = plan.request;
  const std::optional<TimePoint> at = Optional(wish.has_start_at(), wish.start_at());
  v1::Assignment assignment;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<std::optional<v1::Assignment>> known = Read(write, wish.assignment());
    if (!known.ok()) return known.status();
    if (known->has_value()) {
      assignment = **known;
      if (SameWish(wish, assignment)) return absl::OkStatus();
      return rpc::Error(absl::StatusCode::kAlreadyExists, "ASSIGNMENT_DIFFERS",
                        "another assignment has this id; choose another", {{"assignment", wish.assignment()}});
    }
    if (absl::Status guarded = GuardDevice(write, plan, at); !guarded.ok()) return guarded;
    if (wish.end_running()) {
      if (absl::Status ended = EndRunning(write, wish, at); !ended.ok()) return ended;
    }
    absl::StatusOr<v1::Assignment> made = Make(write, plan, at);
    if (!made.ok()) return made.status();
    assignment = *std::move(made);
    return write.Audit("assign", "assignment", assignment.id(), assignment);
  });
  if (!status.ok()) return Explain(status, wish.device());
  return assignment;
}

absl::StatusOr<v1::Assignment> PostgresStore::End(const Actor& actor, const v1::EndAssignmentRequest& request,
                                                  const AssignmentGuard& guard) {
  const std::optional<TimePoint> at = Optional(request.has_end_at(), request.end_at());
  v1::Assignment assignment;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    absl::Status guarded = ReadGuarded(write, request.assignment(), guard, assignment);
    if (!guarded.ok()) return guarded;
    // The same again is no error.
    if (assignment.has_end_at() && at == TimePointOf(assignment.end_at())) return absl::OkStatus();
    if (absl::Status ended = EndOne(write, request.assignment(), at); !ended.ok()) return ended;
    return ReadInto(write, request.assignment(), assignment);
  });
  if (!status.ok()) return status;
  return assignment;
}

absl::StatusOr<v1::Assignment> PostgresStore::Transfer(const Actor& actor,
                                                       const v1::TransferResponsibilityRequest& request,
                                                       const v1::Unit& unit, const AssignmentGuard& guard) {
  const std::optional<TimePoint> at = Optional(request.has_since(), request.since());
  v1::Assignment assignment;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    absl::Status guarded = ReadGuarded(write, request.assignment(), guard, assignment);
    if (!guarded.ok()) return guarded;
    const absl::StatusOr<Result> added =
        write.Execute(kTransfer, {request.assignment(), static_cast<int>(request.purpose()), at, unit.principal(),
                                  unit.provider(), unit.id(), write.revision()});
    if (!added.ok()) return added.status();
    if (absl::Status read = ReadInto(write, request.assignment(), assignment); !read.ok()) return read;
    if (!added->empty()) {
      const absl::Status touched = write.Execute(kTouchDevice, {assignment.device(), write.revision()}).status();
      return touched.ok() ? write.Audit("transfer", "assignment", assignment.id(), request) : touched;
    }
    for (const v1::Responsibility& point : assignment.responsibilities()) {
      const bool same = point.purpose() == request.purpose() && at == TimePointOf(point.since());
      if (same && point.unit() == unit.id()) return absl::OkStatus();
    }
    return Failed("TRANSFER_OUTSIDE", "a transfer lies inside the assignment, after its start, and not on another one",
                  "assignment", request.assignment());
  });
  if (!status.ok()) return status;
  return assignment;
}

}  // namespace nara::registry
