#include "device_registry/life_cycle/postgres_store.h"

#include <optional>
#include <utility>

#include "common/access/authorizer.h"
#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/life_cycle/postgres_moves.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kWished[] = "select * from device_moves where wish = $1";
constexpr char kMoveAt[] = "select * from device_moves where device = $1 and ordinal = $2::int";
constexpr char kHistory[] = R"sql(
select * from device_moves where device = $1 and ordinal > $2::bigint order by ordinal limit $3::int)sql";

constexpr char kAssignment[] = R"sql(
select id, device, resident, unit, start_at, upper(period) as end_at, regime, ground, test_epoch, test_seq, test_at
from assignments where id = $1 and device = $2)sql";
constexpr char kNoPoints[] = R"sql(
select assignment, purpose, since, principal, provider, unit from responsibilities where false)sql";
constexpr char kOfEpoch[] = "select id from assignments where device = $1 and test_epoch = $2::bigint";
constexpr char kConfirm[] = R"sql(
update assignments set test_epoch = $2::bigint, test_seq = $3::bigint, test_at = $4::timestamptz, revision = $5::bigint
where id = $1)sql";

// Ended before they began, or handed out by somebody since.
constexpr char kDropPlanned[] = R"sql(
delete from planned_hand_outs p using assignments a
where a.id = p.assignment
  and (upper(a.period) <= now()
       or exists (select from device_moves m where m.device = a.device and m.event = 6 and m.at >= a.start_at)))sql";
constexpr char kBegun[] = R"sql(
select a.id, a.device, a.start_at
from planned_hand_outs p join assignments a on a.id = p.assignment join devices d on d.id = a.device
where a.period @> now() and d.state = any($1::int[]) order by a.start_at, a.id limit 100)sql";

// From which a device can be handed out.
std::vector<int> HandOutStates() {
  std::vector<int> states;
  for (const Transition& transition : Transitions()) {
    if (transition.event == v1::DEVICE_EVENT_HAND_OUT) states.push_back(transition.from);
  }
  return states;
}

bool Same(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

absl::StatusOr<std::optional<v1::DeviceMove>> FindMove(const absl::StatusOr<Result>& rows) {
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  return DeviceMoveOf((*rows)[0]);
}

// The answer to a wish whose id is there already.
absl::StatusOr<v1::DeviceMove> Again(const Row& row, const v1::MoveDeviceRequest& request) {
  v1::DeviceMove move = DeviceMoveOf(row);
  const bool time = !request.has_at() || ToChrono(request.at()) == row.Time("at");
  const bool same = row.Text("device") == request.device() && move.event() == request.event() && time &&
                    move.reason() == request.reason() && Same(move.details(), request.details());
  if (same) return move;
  return rpc::Error(absl::StatusCode::kAlreadyExists, "MOVE_DIFFERS", "another move has this id; choose another",
                    {{"move", request.move()}});
}

absl::StatusOr<DeviceStanding> ReadDeviceStanding(Write& write, const std::string& device,
                                                  const std::optional<TimePoint>& at) {
  auto standings = ReadStandings(write, {device}, at);
  if (!standings.ok()) return standings.status();
  const auto found = standings->find(device);
  if (found == standings->end()) return NotThere("device", device);
  return found->second;
}

absl::Status MoveNow(Write& write, const v1::MoveDeviceRequest& request, const MoveDecision& decide,
                     v1::DeviceMove& stored) {
  std::optional<TimePoint> at;
  if (request.has_at()) at = ToChrono(request.at());
  const absl::StatusOr<DeviceStanding> standing = ReadDeviceStanding(write, request.device(), at);
  if (!standing.ok()) return standing.status();
  if (standing->revision != request.revision()) {
    return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION", "the device has changed since; read it again",
                      {{"device", request.device()}});
  }
  const absl::StatusOr<v1::DeviceState> to = decide(*standing);
  if (!to.ok()) return to.status();
  const TimePoint when = at.value_or(standing->now);
  absl::Status status =
      AddMoves(write, {{.device = request.device(),
                        .ordinal = standing->moves + 1,
                        .wish = request.move(),
                        .event = request.event(),
                        .from = standing->state,
                        .to = *to,
                        .reason = request.reason(),
                        .at = when,
                        .details = request.details(),
                        .lead_days = LeadDays(standing->state, request.event(), standing->ordered_at, when)}});
  if (!status.ok()) return status;
  const auto move = FindMove(write.Execute(kMoveAt, {request.device(), standing->moves + 1}));
  if (!move.ok()) return move.status();
  stored = **move;
  return write.Audit("move", "device", request.device(), stored);
}

absl::Status EpochInUse(const std::string& assignment) {
  return rpc::Error(absl::StatusCode::kAlreadyExists, "EPOCH_OF_OTHER_ASSIGNMENT",
                    "this epoch belongs to an earlier assignment; ask the device for a new one (new_epoch)",
                    {{"assignment", assignment}});
}

absl::StatusOr<v1::Assignment> ReadAssignment(Write& write, const v1::ConfirmTestRequest& request) {
  const absl::StatusOr<Result> found = write.Execute(kAssignment, {request.assignment(), request.device()});
  if (!found.ok()) return found.status();
  const absl::StatusOr<Result> points = write.Execute(kNoPoints, {});
  if (!points.ok()) return points.status();
  if (found->empty()) return NotThere("assignment", request.assignment());
  return AssignmentsOf(*found, *points).front();
}

absl::Status StoreTest(Write& write, const v1::ConfirmTestRequest& request) {
  const v1::CommissioningTest& test = request.test();
  const auto epoch = static_cast<std::int64_t>(test.epoch());
  const absl::StatusOr<Result> other = write.Execute(kOfEpoch, {request.device(), epoch});
  if (!other.ok()) return other.status();
  if (!other->empty()) return EpochInUse(request.assignment());
  return write
      .Execute(kConfirm, {request.assignment(), epoch, static_cast<std::int64_t>(test.seq()), ToChrono(test.at()),
                          write.revision()})
      .status();
}

absl::Status ConfirmNow(Write& write, const v1::ConfirmTestRequest& request, const TestDecision& decide) {
  const absl::StatusOr<v1::Assignment> assignment = ReadAssignment(write, request);
  if (!assignment.ok()) return assignment.status();
  if (assignment->has_test() && assignment->test().epoch() == request.test().epoch()) return absl::OkStatus();
  const absl::StatusOr<DeviceStanding> standing = ReadDeviceStanding(write, request.device(), std::nullopt);
  if (!standing.ok()) return standing.status();
  const absl::StatusOr<v1::DeviceState> to = decide(*standing, *assignment);
  if (!to.ok()) return to.status();
  if (absl::Status stored = StoreTest(write, request); !stored.ok()) return stored;
  const absl::Status moved = AddMoves(write, {{.device = request.device(),
                                               .ordinal = standing->moves + 1,
                                               .wish = std::nullopt,
                                               .event = v1::DEVICE_EVENT_VERIFY,
                                               .from = standing->state,
                                               .to = *to,
                                               .reason = "its test event came the whole way",
                                               .at = standing->now,
                                               .details = {},
                                               .lead_days = std::nullopt}});
  return moved.ok() ? write.Audit("confirm_test", "assignment", request.assignment(), request) : moved;
}

}  // namespace

absl::StatusOr<v1::DeviceMove> PostgresLifeCycle::Move(const Actor& actor, const v1::MoveDeviceRequest& request,
                                                       const MoveDecision& decide) {
  v1::DeviceMove move;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> wished = write.Execute(kWished, {request.move()});
    if (!wished.ok()) return wished.status();
    if (wished->empty()) return MoveNow(write, request, decide, move);
    absl::StatusOr<v1::DeviceMove> again = Again((*wished)[0], request);
    if (!again.ok()) return again.status();
    move = *std::move(again);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return move;
}

absl::Status PostgresLifeCycle::Confirm(const Actor& actor, const v1::ConfirmTestRequest& request,
                                        const TestDecision& decide) {
  return database_.Run(actor, [&](Write& write) { return ConfirmNow(write, request, decide); });
}

absl::StatusOr<int> PostgresLifeCycle::HandOutBegun(const Actor& actor) {
  if (absl::Status dropped = database_.Query(kDropPlanned, {}).status(); !dropped.ok()) return dropped;
  const std::vector<int> states = HandOutStates();
  const absl::StatusOr<Result> waiting = database_.Query(kBegun, {states});
  if (!waiting.ok()) return waiting.status();
  if (waiting->empty()) return 0;
  int count = 0;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> begun = write.Execute(kBegun, {states});
    if (!begun.ok()) return begun.status();
    count = static_cast<int>(begun->size());
    for (const Row row : *begun) {
      v1::Assignment assignment;
      assignment.set_id(row.String("id"));
      assignment.set_device(row.String("device"));
      *assignment.mutable_start_at() = ToProto(row.Time("start_at"));
      absl::Status done = HandOut(write, assignment);
      if (done.ok()) done = write.Audit("hand_out", "device", assignment.device(), assignment);
      if (!done.ok()) return done;
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return count;
}

absl::StatusOr<std::vector<v1::DeviceMove>> PostgresLifeCycle::History(const std::string& device, std::uint32_t after,
                                                                       int limit) {
  const absl::StatusOr<Result> rows = database_.Query(kHistory, {device, after, limit});
  if (!rows.ok()) return rows.status();
  std::vector<v1::DeviceMove> moves;
  for (const Row row : *rows) moves.push_back(DeviceMoveOf(row));
  return moves;
}

}  // namespace nara::registry
