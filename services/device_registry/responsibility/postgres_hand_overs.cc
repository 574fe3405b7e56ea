#include <utility>

#include "common/access/authorizer.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/responsibility/postgres_forms.h"
#include "device_registry/responsibility/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kFind[] =
    "select h.*, a.device from hand_overs h join assignments a on a.id = h.assignment where h.id = $1";

constexpr char kList[] = R"sql(
select h.*, a.device from hand_overs h join assignments a on a.id = h.assignment
where h.id > $1 and ($2::text = '' or $2 in (h.from_principal, h.to_principal))
  and (cardinality($3::int[]) = 0 or h.state = any($3::int[]))
  and ($4::bool or $5 in (h.from_principal, h.to_principal)
       or h.from_unit = any($6::text[]) or h.care_unit = any($6::text[]) or h.alarm_unit = any($6::text[]))
order by h.id limit $7::bigint)sql";

constexpr char kAdd[] = R"sql(
insert into hand_overs (id, assignment, reason, state, from_principal, from_unit, to_principal, care_unit, alarm_unit,
  since, deadline, proposed_at, alerts, objection, revision)
values ($1, $2, $3::int, $4::int, $5, $6, $7, $8, $9, $10::timestamptz, $11::timestamptz, $12::timestamptz, '{}', '',
  $13::bigint))sql";

constexpr char kUpdate[] = R"sql(
update hand_overs set state = $2::int, answered_at = $3::timestamptz, alerts = $4::text[], objection = $5,
  revision = $6::bigint
where id = $1)sql";

constexpr char kOpenOf[] = "select id from hand_overs where assignment = $1 and state in (1, 2, 3)";

constexpr char kAnyDue[] = R"sql(
select exists (select from hand_overs where state = 1 and deadline <= now())
  or exists (select from hand_overs h join assignments a on a.id = h.assignment
             where h.state in (1, 2, 3) and upper(a.period) <= now()) as due)sql";

constexpr char kLapse[] = R"sql(
update hand_overs h set state = 6, answered_at = now(), revision = $1::bigint
from assignments a where a.id = h.assignment and h.state in (1, 2, 3) and upper(a.period) <= now()
returning h.id)sql";

constexpr char kExpire[] = R"sql(
update hand_overs set state = 2, revision = $1::bigint where state = 1 and deadline <= now() returning id)sql";

constexpr char kCountOpen[] = "select state, count(*) as count from hand_overs where state in (1, 2, 3) group by state";

v1::HandOver HandOverOf(const Row& row) {
  v1::HandOver form;
  form.set_id(row.String("id"));
  form.set_assignment(row.String("assignment"));
  form.set_device(row.String("device"));
  form.set_reason(static_cast<v1::HandOverReason>(row.Int("reason")));
  form.set_state(static_cast<v1::HandOverState>(row.Int("state")));
  form.set_from_principal(row.String("from_principal"));
  form.set_from_unit(row.String("from_unit"));
  form.set_to_principal(row.String("to_principal"));
  form.set_care_unit(row.OptionalString("care_unit").value_or(""));
  form.set_alarm_unit(row.OptionalString("alarm_unit").value_or(""));
  *form.mutable_since() = ToProto(row.Time("since"));
  *form.mutable_deadline() = ToProto(row.Time("deadline"));
  *form.mutable_proposed_at() = ToProto(row.Time("proposed_at"));
  if (const auto at = row.OptionalTime("answered_at")) *form.mutable_answered_at() = ToProto(*at);
  for (std::string& alert : row.Strings("alerts")) form.add_alerts(std::move(alert));
  form.set_objection(row.String("objection"));
  form.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return form;
}

absl::StatusOr<std::optional<v1::HandOver>> Read(Write& write, const std::string& id) {
  const absl::StatusOr<Result> found = write.Execute(kFind, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return HandOverOf((*found)[0]);
}

// A retry of the same wish.
bool SameWish(const v1::HandOver& wish, const v1::HandOver& known) {
  return wish.assignment() == known.assignment() && wish.reason() == known.reason() &&
         wish.care_unit() == known.care_unit() && wish.alarm_unit() == known.alarm_unit();
}

absl::Status Insert(Write& write, const v1::HandOver& form) {
  return write
      .Execute(kAdd, {form.id(), form.assignment(), static_cast<int>(form.reason()), static_cast<int>(form.state()),
                      form.from_principal(), form.from_unit(), form.to_principal(), Optional(form.care_unit()),
                      Optional(form.alarm_unit()), ToChrono(form.since()), ToChrono(form.deadline()),
                      ToChrono(form.proposed_at()), write.revision()})
      .status();
}

absl::Status Update(Write& write, const v1::HandOver& form) {
  const std::vector<std::string> alerts(form.alerts().begin(), form.alerts().end());
  return write
      .Execute(kUpdate,
               {form.id(), static_cast<int>(form.state()), Optional(form.has_answered_at(), form.answered_at()), alerts,
                form.objection(), write.revision()})
      .status();
}

absl::Status AlreadyOpen(const std::string& assignment, const std::string& open) {
  return rpc::Error(absl::StatusCode::kAlreadyExists, "HAND_OVER_OPEN",
                    "a hand-over of this assignment is under way; it is answered or withdrawn first",
                    {{"assignment", assignment}, {"hand_over", open}});
}

// Marks what a statement returns and says so in the audit.
absl::StatusOr<int> Mark(Write& write, const char* statement, const std::string& action) {
  const absl::StatusOr<Result> marked = write.Execute(statement, {write.revision()});
  if (!marked.ok()) return marked.status();
  std::vector<std::string> ids;
  for (const Row row : *marked) ids.push_back(row.String("id"));
  if (ids.empty()) return 0;
  const absl::Status audited = write.Audit(action, "hand_over", ids, std::vector<std::string>(ids.size(), "{}"));
  if (!audited.ok()) return audited;
  return static_cast<int>(ids.size());
}

absl::StatusOr<v1::HandOver> ProposeOne(Write& write, const Proposal& proposal) {
  const absl::StatusOr<Standing> standing = ReadStanding(write, proposal.assignment);
  if (!standing.ok()) return standing.status();
  const absl::StatusOr<std::optional<v1::HandOver>> known = Read(write, proposal.id);
  if (!known.ok()) return known.status();
  absl::StatusOr<v1::HandOver> form = proposal.fill(*standing);
  if (!form.ok()) return form.status();
  if (known->has_value()) {
    if (SameWish(*form, **known)) return **known;
    return rpc::Error(absl::StatusCode::kAlreadyExists, "HAND_OVER_DIFFERS",
                      "another hand-over has this id; choose another", {{"hand_over", proposal.id}});
  }
  const absl::StatusOr<Result> open = write.Execute(kOpenOf, {proposal.assignment});
  if (!open.ok()) return open.status();
  if (!open->empty()) return AlreadyOpen(proposal.assignment, (*open)[0].String("id"));
  form->set_revision(static_cast<std::uint64_t>(write.revision()));
  absl::Status added = Insert(write, *form);
  if (added.ok()) added = write.Audit("propose", "hand_over", proposal.id, *form);
  if (!added.ok()) return added;
  return form;
}

}  // namespace

absl::StatusOr<std::vector<v1::HandOver>> PostgresHandOvers::Propose(const Actor& actor,
                                                                     const std::vector<Proposal>& proposals) {
  std::vector<v1::HandOver> forms;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    forms.clear();
    for (const Proposal& proposal : proposals) {
      absl::StatusOr<v1::HandOver> form = ProposeOne(write, proposal);
      if (!form.ok()) return form.status();
      forms.push_back(*std::move(form));
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return forms;
}

absl::StatusOr<Handing> PostgresHandOvers::Step(const Actor& actor, const std::string& action, const std::string& id,
                                                const HandOverStep& step) {
  Handing result;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<std::optional<v1::HandOver>> before = Read(write, id);
    if (!before.ok()) return before.status();
    if (!before->has_value()) return NotThere("hand_over", id);
    const absl::StatusOr<Standing> standing = ReadStanding(write, (*before)->assignment());
    if (!standing.ok()) return standing.status();
    absl::StatusOr<Handing> after = step(**before, *standing);
    if (!after.ok()) return after.status();
    result = *std::move(after);
    if (result.hand_over.SerializeAsString() == (*before)->SerializeAsString()) return absl::OkStatus();
    result.hand_over.set_revision(static_cast<std::uint64_t>(write.revision()));
    const auto corrected = Correcting(write, standing->assignment.device(), standing->now,
                                      [&] { return SaveForm(write, standing->assignment, result.assignment); });
    if (!corrected.ok()) return corrected.status();
    if (absl::Status updated = Update(write, result.hand_over); !updated.ok()) return updated;
    return write.AuditChange(action, "hand_over", id, **before, result.hand_over);
  });
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<std::optional<v1::HandOver>> PostgresHandOvers::FindHandOver(const std::string& id) {
  const absl::StatusOr<Result> found = database_.Query(kFind, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return HandOverOf((*found)[0]);
}

absl::StatusOr<std::vector<v1::HandOver>> PostgresHandOvers::ListHandOvers(const HandOverQuery& query) {
  const absl::StatusOr<Result> found =
      database_.Query(kList, {query.after, query.principal, query.states, query.visible.all, query.visible.principal,
                              query.visible.units, query.limit});
  if (!found.ok()) return found.status();
  std::vector<v1::HandOver> hand_overs;
  for (const Row row : *found) hand_overs.push_back(HandOverOf(row));
  return hand_overs;
}

absl::StatusOr<int> PostgresHandOvers::MarkOverdue(const Actor& actor) {
  // Most of the time nothing is due, and nobody's turn to write is taken.
  const absl::StatusOr<Result> any = database_.Query(kAnyDue, {});
  if (!any.ok()) return any.status();
  if (!(*any)[0].Bool("due")) return 0;
  int expired = 0;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<int> lapsed = Mark(write, kLapse, "lapse");
    if (!lapsed.ok()) return lapsed.status();
    const absl::StatusOr<int> marked = Mark(write, kExpire, "expire");
    expired = marked.value_or(0);
    return marked.status();
  });
  if (!status.ok()) return status;
  return expired;
}

absl::StatusOr<std::map<int, std::int64_t>> PostgresHandOvers::CountOpen() {
  const absl::StatusOr<Result> found = database_.Query(kCountOpen, {});
  if (!found.ok()) return found.status();
  std::map<int, std::int64_t> counts;
  for (const Row row : *found) counts[row.Int("state")] = row.Int64("count");
  return counts;
}

}  // namespace nara::registry
