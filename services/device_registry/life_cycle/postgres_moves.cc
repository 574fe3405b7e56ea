#include "device_registry/life_cycle/postgres_moves.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "common/time/swedish_calendar.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

// Numbers: 1 REGISTER, 2 ORDER, 4 WAIT_FOR_TRAINING. A device that has just been registered may
// have moved before we knew it.
constexpr char kStandings[] = R"sql(
select d.id, d.state, d.moves, d.revision, now() as now,
  case when m.event <> 1 then m.at end as not_before,
  exists (select from assignments a where a.device = d.id and a.period @> now()) as running,
  exists (select from assignments a where a.device = d.id
          and (upper_inf(a.period) or upper(a.period) > now())) as assigned,
  exists (select from certificates c where c.device = d.id and c.not_after > now() and not exists (
    -- One of the whole device ends when the device is let in again.
    select from revocations r where r.serial = c.serial and r.lifted_at is null)) as paired,
  (select w.details ->> 'training_on' from device_moves w
   where w.device = d.id and w.event = 4 order by w.ordinal desc limit 1) as training_on,
  (select o.at from device_moves o
   where o.device = d.id and o.event = 2 order by o.ordinal desc limit 1) as ordered_at
from devices d join device_moves m on m.device = d.id and m.ordinal = d.moves
where d.id = any($1::text[]))sql";

constexpr char kAddMoves[] = R"sql(
insert into device_moves
  (device, ordinal, wish, event, from_state, to_state, reason, at, details, lead_days, actor, revision)
select t.device, t.ordinal, nullif(t.wish, ''), t.event, nullif(t.from_state, 0), t.to_state, t.reason, t.at,
  t.details::jsonb, nullif(t.lead_days, -1), $11, $12::bigint
from unnest($1::text[], $2::int[], $3::text[], $4::int[], $5::int[], $6::int[], $7::text[], $8::timestamptz[],
            $9::text[], $10::int[])
  as t (device, ordinal, wish, event, from_state, to_state, reason, at, details, lead_days))sql";

constexpr char kMoveDevices[] = R"sql(
update devices d set state = t.state, moves = t.moves, revision = $4::bigint
from unnest($1::text[], $2::int[], $3::int[]) as t (id, state, moves) where d.id = t.id)sql";

constexpr char kPlan[] = "insert into planned_hand_outs (assignment) values ($1) on conflict do nothing";
constexpr char kUnplan[] = "delete from planned_hand_outs where assignment = $1";

v1::MoveDetails DetailsOf(const std::string& json) {
  v1::MoveDetails details;
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!google::protobuf::util::JsonStringToMessage(json, &details, options).ok()) details.Clear();
  return details;
}

DeviceStanding StandingOf(const Row& row, const std::optional<TimePoint>& at) {
  DeviceStanding standing;
  standing.state = static_cast<v1::DeviceState>(row.Int("state"));
  standing.moves = row.Int("moves");
  standing.revision = static_cast<std::uint64_t>(row.Int64("revision"));
  standing.now = row.Time("now");
  standing.not_before = row.OptionalTime("not_before").value_or(TimePoint::min());
  standing.ordered_at = row.OptionalTime("ordered_at");
  standing.facts.running = row.Bool("running");
  standing.facts.assigned = row.Bool("assigned");
  standing.facts.paired = row.Bool("paired");
  standing.facts.today = SwedishCalendar::DayAt(absl::FromChrono(at.value_or(standing.now)));
  const auto training_on = row.OptionalString("training_on");
  if (training_on) standing.facts.training_on = ParseDay("training_on", *training_on).value_or(absl::CivilDay());
  return standing;
}

bool IsOrdered(v1::DeviceState state) {
  return state == v1::DEVICE_STATE_ORDERED || state == v1::DEVICE_STATE_WAITING_FOR_TRAINING;
}

}  // namespace

std::optional<int> LeadDays(v1::DeviceState from, v1::DeviceEvent event, const std::optional<TimePoint>& ordered_at,
                            TimePoint at) {
  if (event != v1::DEVICE_EVENT_DELIVER || !IsOrdered(from) || !ordered_at) return std::nullopt;
  return SwedishCalendar::WorkingDaysBetween(SwedishCalendar::DayAt(absl::FromChrono(*ordered_at)),
                                             SwedishCalendar::DayAt(absl::FromChrono(at)));
}

absl::StatusOr<std::map<std::string, DeviceStanding>> ReadStandings(Write& write,
                                                                    const std::vector<std::string>& devices,
                                                                    const std::optional<TimePoint>& at) {
  return ReadStandings(
      [&](std::string_view sql, std::initializer_list<Param> params) { return write.Execute(sql, params); }, devices,
      at);
}

absl::StatusOr<std::map<std::string, DeviceStanding>> ReadStandings(Ask ask, const std::vector<std::string>& devices,
                                                                    const std::optional<TimePoint>& at) {
  const absl::StatusOr<Result> rows = ask(kStandings, {devices});
  if (!rows.ok()) return rows.status();
  std::map<std::string, DeviceStanding> standings;
  for (const Row row : *rows) standings.emplace(row.String("id"), StandingOf(row, at));
  return standings;
}

absl::Status InsertMoves(Write& write, const std::vector<NewMove>& moves) {
  std::vector<std::string> devices, wishes, reasons, details;
  std::vector<int> ordinals, events, froms, tos, leads;
  std::vector<TimePoint> times;
  for (const NewMove& move : moves) {
    devices.push_back(move.device);
    ordinals.push_back(move.ordinal);
    wishes.push_back(move.wish.value_or(""));
    events.push_back(move.event);
    froms.push_back(move.from);
    tos.push_back(move.to);
    reasons.push_back(move.reason);
    times.push_back(move.at);
    details.push_back(DetailOf(move.details));
    leads.push_back(move.lead_days.value_or(-1));
  }
  return write
      .Execute(kAddMoves, {devices, ordinals, wishes, events, froms, tos, reasons, times, details, leads,
                           write.actor().id, write.revision()})
      .status();
}

absl::Status AddMoves(Write& write, const std::vector<NewMove>& moves) {
  if (absl::Status added = InsertMoves(write, moves); !added.ok()) return added;
  std::map<std::string, const NewMove*> last;
  for (const NewMove& move : moves) last[move.device] = &move;
  std::vector<std::string> ids;
  std::vector<int> states, counts;
  for (const auto& [id, move] : last) {
    ids.push_back(id);
    states.push_back(move->to);
    counts.push_back(move->ordinal);
  }
  return write.Execute(kMoveDevices, {ids, states, counts, write.revision()}).status();
}

absl::Status HandOut(Write& write, const v1::Assignment& assignment) {
  const auto standings = ReadStandings(write, {assignment.device()}, std::nullopt);
  if (!standings.ok()) return standings.status();
  const DeviceStanding& standing = standings->at(assignment.device());
  const TimePoint start = ToChrono(assignment.start_at());
  if (start > standing.now) return write.Execute(kPlan, {assignment.id()}).status();
  const v1::DeviceEvent event = v1::DEVICE_EVENT_HAND_OUT;
  const auto to = Next(assignment.device(), standing.state, event, {}, standing.facts);
  if (!to.ok()) return to.status();
  if (absl::Status done = write.Execute(kUnplan, {assignment.id()}).status(); !done.ok()) return done;
  return AddMoves(write, {{.device = assignment.device(),
                           .ordinal = standing.moves + 1,
                           .wish = std::nullopt,
                           .event = event,
                           .from = standing.state,
                           .to = *to,
                           .reason = "assigned",
                           .at = std::max(start, standing.not_before),
                           .details = {},
                           .lead_days = std::nullopt}});
}

v1::DeviceMove DeviceMoveOf(const Row& row) {
  v1::DeviceMove move;
  move.set_id(row.OptionalString("wish").value_or(""));
  move.set_ordinal(static_cast<std::uint32_t>(row.Int("ordinal")));
  move.set_event(static_cast<v1::DeviceEvent>(row.Int("event")));
  if (!row.IsNull("from_state")) move.set_from(static_cast<v1::DeviceState>(row.Int("from_state")));
  move.set_to(static_cast<v1::DeviceState>(row.Int("to_state")));
  move.set_reason(row.String("reason"));
  *move.mutable_at() = ToProto(row.Time("at"));
  move.set_actor(row.String("actor"));
  const v1::MoveDetails details = DetailsOf(row.String("details"));
  if (details.ByteSizeLong() > 0) *move.mutable_details() = details;
  if (!row.IsNull("lead_days")) move.set_lead_working_days(static_cast<std::uint32_t>(row.Int("lead_days")));
  move.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return move;
}

}  // namespace nara::registry
