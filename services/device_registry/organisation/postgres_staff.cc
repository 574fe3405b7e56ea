// Participations, staff and their assignments.
#include <algorithm>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/organisation/postgres_store.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kListParticipations[] = R"sql(
select id, agreement, principal, lower(period) as start_at, upper(period) as end_at, revision from participations
where id > $1 and ($2::text = '' or agreement = $2) and ($3::text = '' or principal = $3)
  and ($4::timestamptz is null or period @> $4::timestamptz)
order by id limit $5::bigint)sql";
constexpr char kParticipationWithId[] = R"sql(
select id, agreement, principal, lower(period) as start_at, upper(period) as end_at, revision
from participations where id = $1)sql";
constexpr char kKeepParticipation[] = R"sql(
insert into participations_history (id, agreement, principal, period, revision, superseded_by)
select id, agreement, principal, period, revision, $2::bigint from participations where id = $1)sql";
constexpr char kPutParticipation[] = R"sql(
insert into participations (id, agreement, agreement_number, principal, period, revision)
select $1, a.id, a.number, $3, tstzrange($4::timestamptz, $5::timestamptz), $6::bigint from agreements a where a.id = $2
on conflict (id) do update set period = excluded.period, revision = excluded.revision)sql";

constexpr char kListStaff[] = R"sql(
select * from staff
where id > $1 and ($2::text = '' or principal = $2) and ($3::bool or principal = $4) order by id limit $5::bigint)sql";
constexpr char kStaffWithId[] = "select * from staff where id = $1";
constexpr char kPutStaff[] = R"sql(
insert into staff (id, principal, hsa_id, key_id, name, revision) values ($1, $2, $3, $4, $5::bytea, $6::bigint)
on conflict (id) do update set hsa_id = excluded.hsa_id, key_id = excluded.key_id, name = excluded.name,
  revision = excluded.revision)sql";

constexpr char kListAssignments[] = R"sql(
select s.id, s.staff, s.unit, s.roles, lower(s.period) as start_at, upper(s.period) as end_at, s.revision
from staff_assignments s join units u on u.id = s.unit
where s.id > $1 and ($2::text = '' or u.principal = $2) and ($3::text = '' or s.unit = $3)
  and ($4::text = '' or s.staff = $4) and ($5::int = 0 or $5::int = any(s.roles))
  and ($6::timestamptz is null or s.period @> $6::timestamptz)
  and ($7::bool or u.principal = $8 or u.id = any($9::text[]))
order by s.id limit $10::bigint)sql";
constexpr char kAssignmentWithId[] = R"sql(
select id, staff, unit, roles, lower(period) as start_at, upper(period) as end_at, revision
from staff_assignments where id = $1)sql";
constexpr char kVerySame[] = R"sql(
select id, staff, unit, roles, lower(period) as start_at, upper(period) as end_at, revision
from staff_assignments
where staff = $1 and unit = $2 and roles = $3::int[] and period = tstzrange($4::timestamptz, $5::timestamptz))sql";
constexpr char kOverlapping[] = R"sql(
select id from staff_assignments
where staff = $1 and unit = $2 and roles && $3::int[] and period && tstzrange($4::timestamptz, $5::timestamptz)
  and id <> $6 order by lower(period), id limit 1)sql";
constexpr char kKeepAssignment[] = R"sql(
insert into staff_assignments_history (id, staff, unit, roles, period, revision, superseded_by)
select id, staff, unit, roles, period, revision, $2::bigint from staff_assignments where id = $1)sql";
constexpr char kPutAssignment[] = R"sql(
insert into staff_assignments (id, staff, unit, roles, period, revision)
values ($1, $2, $3, $4::int[], tstzrange($5::timestamptz, $6::timestamptz), $7::bigint)
on conflict (id) do update set roles = excluded.roles, period = excluded.period, revision = excluded.revision)sql";

std::optional<TimePoint> Instant(const std::optional<google::protobuf::Timestamp>& at) {
  return at.has_value() ? std::optional(ToChrono(*at)) : std::nullopt;
}

template <typename Message>
std::optional<TimePoint> EndOf(const Message& message) {
  return message.has_end_at() ? std::optional(ToChrono(message.end_at())) : std::nullopt;
}

// Columns start_at, end_at, revision.
template <typename Message>
void ReadPeriod(const Row& row, Message& message) {
  *message.mutable_start_at() = ToProto(row.Time("start_at"));
  if (const auto end = row.OptionalTime("end_at")) *message.mutable_end_at() = ToProto(*end);
  message.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
}

v1::Participation ParticipationOf(const Row& row) {
  v1::Participation participation;
  participation.set_id(row.String("id"));
  participation.set_agreement(row.String("agreement"));
  participation.set_principal(row.String("principal"));
  ReadPeriod(row, participation);
  return participation;
}

v1::StaffAssignment StaffAssignmentOf(const Row& row) {
  v1::StaffAssignment assignment;
  assignment.set_id(row.String("id"));
  assignment.set_staff(row.String("staff"));
  assignment.set_unit(row.String("unit"));
  for (const std::string& role : row.Strings("roles")) {
    assignment.add_roles(static_cast<v1::StaffRole>(std::stoi(role)));
  }
  ReadPeriod(row, assignment);
  return assignment;
}

absl::Status StoreParticipation(Write& write, const v1::Participation& part, const v1::Participation* before) {
  if (before != nullptr) {
    const absl::Status kept = write.Execute(kKeepParticipation, {part.id(), write.revision()}).status();
    if (!kept.ok()) return kept;
  }
  return write
      .Execute(kPutParticipation,
               {part.id(), part.agreement(), part.principal(), ToChrono(part.start_at()), EndOf(part), part.revision()})
      .status();
}

std::vector<int> RolesOf(const v1::StaffAssignment& assignment) {
  return {assignment.roles().begin(), assignment.roles().end()};
}

// Both sorted. What takes away is right, whatever was stored beside it before that was refused.
bool TakesAway(const v1::StaffAssignment& before, const v1::StaffAssignment& after) {
  const bool earlier = ToChrono(after.start_at()) < ToChrono(before.start_at());
  const bool later =
      before.has_end_at() && (!after.has_end_at() || ToChrono(after.end_at()) > ToChrono(before.end_at()));
  return !earlier && !later && std::ranges::includes(before.roles(), after.roles());
}

absl::Status CheckOverlap(Write& write, const v1::StaffAssignment& assignment, const v1::StaffAssignment* before) {
  if (before != nullptr && TakesAway(*before, assignment)) return absl::OkStatus();
  const absl::StatusOr<Result> known =
      write.Execute(kOverlapping, {assignment.staff(), assignment.unit(), RolesOf(assignment),
                                   ToChrono(assignment.start_at()), EndOf(assignment), assignment.id()});
  if (!known.ok() || known->empty()) return known.status();
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "STAFF_ASSIGNMENT_OVERLAPS",
                    "the person has such a role in the unit in some of that time already; change that assignment",
                    {{"staff_assignment", (*known)[0].String("id")}, {"staff", assignment.staff()}});
}

absl::Status StoreAssignment(Write& write, const v1::StaffAssignment& assignment, const v1::StaffAssignment* before) {
  if (absl::Status fits = CheckOverlap(write, assignment, before); !fits.ok()) return fits;
  if (before != nullptr) {
    const absl::Status kept = write.Execute(kKeepAssignment, {assignment.id(), write.revision()}).status();
    if (!kept.ok()) return kept;
  }
  return write
      .Execute(kPutAssignment, {assignment.id(), assignment.staff(), assignment.unit(), RolesOf(assignment),
                                ToChrono(assignment.start_at()), EndOf(assignment), assignment.revision()})
      .status();
}

absl::Status ExplainPart(const absl::Status& status, const v1::Participation& participation) {
  if (ConstraintOf(status) != "participations_one_at_a_time") return status;
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "PARTICIPATION_OVERLAPS",
                    "the principal takes part in this agreement in some of that time already; end that, or begin later",
                    {{"participation", participation.id()}, {"principal", participation.principal()}});
}

absl::Status ExplainStaff(const absl::Status& status, const v1::Staff& staff) {
  if (ConstraintOf(status) != "staff_hsa_id") return status;
  return rpc::Error(absl::StatusCode::kAlreadyExists, "HSA_ID_IN_USE",
                    "another person of this register has this hsa_id; give that one another assignment",
                    {{"staff", staff.id()}});
}

v1::Staff WithoutName(v1::Staff staff) {
  staff.clear_name();
  return staff;
}

// A function that finds one row with an id and reads it.
template <typename Read>
auto FindWith(const char* sql, const std::string& id, Read read) {
  using Message = std::decay_t<decltype(read(std::declval<const Row&>()))>;
  return [=](Write& write) -> absl::StatusOr<std::optional<Message>> {
    const absl::StatusOr<Result> found = write.Execute(sql, {id});
    if (!found.ok()) return found.status();
    if (found->empty()) return std::nullopt;
    return read((*found)[0]);
  };
}

}  // namespace

absl::StatusOr<v1::Staff> PostgresOrganisation::StaffOf(const Row& row) const {
  v1::Staff staff;
  staff.set_id(row.String("id"));
  staff.set_principal(row.String("principal"));
  staff.set_hsa_id(row.String("hsa_id"));
  const absl::StatusOr<std::string> name =
      keys_.Open("staff", staff.id(), {.key = row.String("key_id"), .bytes = row.Bytes("name")});
  if (!name.ok()) return name.status();
  staff.set_name(*name);
  staff.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return staff;
}

absl::StatusOr<std::vector<v1::Participation>> PostgresOrganisation::ListParticipations(
    const ParticipationQuery& query) {
  const absl::StatusOr<Result> result = database_.Query(
      kListParticipations, {query.after, query.agreement, query.principal, Instant(query.at), query.limit});
  if (!result.ok()) return result.status();
  std::vector<v1::Participation> participations;
  for (const Row row : *result) participations.push_back(ParticipationOf(row));
  return participations;
}

absl::StatusOr<std::vector<v1::Staff>> PostgresOrganisation::ListStaff(const StaffQuery& query) {
  const absl::StatusOr<Result> result = database_.Query(
      kListStaff, {query.after, query.principal, query.visible.all, query.visible.principal, query.limit});
  if (!result.ok()) return result.status();
  std::vector<v1::Staff> all;
  for (const Row row : *result) {
    absl::StatusOr<v1::Staff> staff = StaffOf(row);
    if (!staff.ok()) return staff.status();
    all.push_back(*std::move(staff));
  }
  return all;
}

absl::StatusOr<std::vector<v1::StaffAssignment>> PostgresOrganisation::ListStaffAssignments(
    const StaffAssignmentQuery& query) {
  const absl::StatusOr<Result> result =
      database_.Query(kListAssignments, {query.after, query.principal, query.unit, query.staff,
                                         static_cast<int>(query.role), Instant(query.at), query.visible.all,
                                         query.visible.principal, query.visible.units, query.limit});
  if (!result.ok()) return result.status();
  std::vector<v1::StaffAssignment> assignments;
  for (const Row row : *result) assignments.push_back(StaffAssignmentOf(row));
  return assignments;
}

absl::StatusOr<std::optional<std::string>> PostgresOrganisation::FindStaff(const std::string& id) {
  const absl::StatusOr<Result> found = database_.Query(kStaffWithId, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return (*found)[0].String("principal");
}

absl::StatusOr<v1::Participation> PostgresOrganisation::PutParticipation(const Actor& actor,
                                                                         const v1::Participation& participation,
                                                                         const Before<v1::Participation>& guard) {
  const auto find = FindWith(kParticipationWithId, participation.id(), ParticipationOf);
  const VersionedPut<v1::Participation> put{
      .noun = "participation", .wished = participation, .guard = guard, .find = find, .store = StoreParticipation};
  absl::StatusOr<v1::Participation> stored = Run(database_, actor, put);
  if (!stored.ok()) return ExplainPart(stored.status(), participation);
  return stored;
}

absl::StatusOr<v1::Staff> PostgresOrganisation::PutStaff(const Actor& actor, const v1::Staff& staff,
                                                         const Before<v1::Staff>& guard) {
  const auto find = [&](Write& write) -> absl::StatusOr<std::optional<v1::Staff>> {
    const absl::StatusOr<Result> found = write.Execute(kStaffWithId, {staff.id()});
    if (!found.ok()) return found.status();
    if (found->empty()) return std::nullopt;
    return StaffOf((*found)[0]);
  };
  const auto store = [&](Write& write, const v1::Staff& person, const v1::Staff* /*before*/) -> absl::Status {
    const absl::StatusOr<IdentityKeys::Sealed> name = keys_.Seal("staff", person.id(), person.name());
    if (!name.ok()) return name.status();
    return write
        .Execute(kPutStaff,
                 {person.id(), person.principal(), person.hsa_id(), name->key, Bytes{name->bytes}, person.revision()})
        .status();
  };
  const VersionedPut<v1::Staff> put{
      .noun = "staff", .wished = staff, .guard = guard, .find = find, .store = store, .audited = WithoutName};
  absl::StatusOr<v1::Staff> stored = Run(database_, actor, put);
  if (!stored.ok()) return ExplainStaff(stored.status(), staff);
  return stored;
}

absl::StatusOr<v1::StaffAssignment> PostgresOrganisation::PutStaffAssignment(const Actor& actor,
                                                                             const v1::StaffAssignment& assignment,
                                                                             const std::string& new_id,
                                                                             const Before<v1::StaffAssignment>& guard) {
  v1::StaffAssignment wished = assignment;
  const auto find = [&](Write& write) -> absl::StatusOr<std::optional<v1::StaffAssignment>> {
    if (!assignment.id().empty()) return FindWith(kAssignmentWithId, assignment.id(), StaffAssignmentOf)(write);
    wished.set_id(new_id);
    const absl::StatusOr<Result> same =
        write.Execute(kVerySame, {assignment.staff(), assignment.unit(), RolesOf(assignment),
                                  ToChrono(assignment.start_at()), EndOf(assignment)});
    if (!same.ok()) return same.status();
    if (same->empty()) return std::nullopt;
    wished.set_id((*same)[0].String("id"));
    return StaffAssignmentOf((*same)[0]);
  };
  const VersionedPut<v1::StaffAssignment> put{
      .noun = "staff_assignment", .wished = wished, .guard = guard, .find = find, .store = StoreAssignment};
  return Run(database_, actor, put);
}

}  // namespace nara::registry
