#include "device_registry/life_cycle/postgres_import.h"

#include <bit>
#include <utility>

#include "common/time/proto_time.h"
#include "device_registry/life_cycle/postgres_moves.h"
#include "device_registry/postgres_devices.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/rights.h"

namespace nara::registry {
namespace {

constexpr std::size_t kPiece = 1000;

constexpr char kForget[] = "delete from imports where result is null and touched_at < now() - interval '7 days'";
// Lines of an import that ended before it had dropped them.
constexpr char kForgetLines[] = R"sql(
delete from import_lines l using imports i where i.id = l.import and i.result is not null)sql";

constexpr char kStage[] = R"sql(
with begun as (
  insert into imports (id, actor) values ($1, $2)
  on conflict (id) do update set touched_at = now()
    where imports.actor = excluded.actor and imports.result is null and imports.so_far is null
  returning id)
insert into import_lines (import, line, device, body)
select begun.id, t.* from begun, unnest($3::int[], $4::text[], $5::bytea[]) as t
on conflict do nothing)sql";

constexpr char kFind[] = R"sql(
select i.actor, i.applied_line, i.result, count(l.line) as lines, coalesce(max(l.line), 0) as last_line
from imports i left join import_lines l on l.import = i.id where i.id = $1 group by i.id)sql";

// Grouped, so that the planner does not walk the whole import for each line.
constexpr char kLines[] = R"sql(
with piece as (
  select line, device, body from import_lines where import = $1 and line > $2::bigint order by line limit $3::int),
first as (
  select o.device, min(o.line) as line from import_lines o
  where o.import = $1 and o.device in (select device from piece) group by o.device)
select piece.line, piece.body, first.line as first_line
from piece join first using (device) order by piece.line)sql";

constexpr char kDevices[] = "select * from devices where id = any($1::text[])";
// The tables may have been empty before this import: the plans that were made for that
// would walk them whole for each device. After this all are made anew; it is done as
// often as the number of pieces doubles.
constexpr char kAnalyze[] = "analyze devices, device_moves";

constexpr char kClose[] = "update imports set so_far = coalesce(so_far, '') where id = $1";
constexpr char kMarkOf[] = "select applied_line from imports where id = $1 and so_far is not null";
constexpr char kProgress[] = "select applied_line, so_far, result from imports where id = $1";
constexpr char kMark[] = R"sql(
update imports set applied_line = $2::int, so_far = $3::bytea, result = case when $4 then $3::bytea end,
  touched_at = now()
where id = $1)sql";
constexpr char kDropLines[] = "delete from import_lines where import = $1";

// How far an import has been applied.
struct Progress {
  std::uint32_t line = 0;
  v1::ApplyImportResponse so_far;
  bool done = false;
};

absl::StatusOr<std::vector<StagedLine>> ReadLines(Ask ask, const std::string& import, std::uint32_t after, int limit) {
  const absl::StatusOr<Result> rows = ask(kLines, {import, after, limit});
  if (!rows.ok()) return rows.status();
  std::vector<StagedLine> lines;
  for (const Row row : *rows) {
    StagedLine& staged = lines.emplace_back();
    staged.line.ParseFromString(row.Bytes("body"));
    staged.line.set_line(static_cast<std::uint32_t>(row.Int("line")));
    staged.first_line = static_cast<std::uint32_t>(row.Int("first_line"));
  }
  return lines;
}

absl::StatusOr<KnownDevices> ReadKnown(Ask ask, const std::vector<std::string>& ids) {
  const absl::StatusOr<Result> rows = ask(kDevices, {ids});
  if (!rows.ok()) return rows.status();
  auto standings = ReadStandings(ask, ids, std::nullopt);
  if (!standings.ok()) return standings.status();
  KnownDevices known;
  for (const Row row : *rows) {
    const auto standing = standings->find(row.String("id"));
    if (standing != standings->end()) known[standing->first] = {DeviceOf(row), standing->second};
  }
  return known;
}

// Takes the moves of one device out of a plan.
void AddTo(std::vector<NewMove>& all, const std::string& device, const std::vector<v1::DeviceMove>& moves,
           std::optional<TimePoint> ordered_at, const std::string& reason) {
  for (const v1::DeviceMove& move : moves) {
    const TimePoint at = ToChrono(move.at());
    if (move.event() == v1::DEVICE_EVENT_ORDER) ordered_at = at;
    all.push_back({.device = device,
                   .ordinal = static_cast<int>(move.ordinal()),
                   .wish = std::nullopt,
                   .event = move.event(),
                   .from = move.from(),
                   .to = move.to(),
                   .reason = reason,
                   .at = at,
                   .details = move.details(),
                   .lead_days = LeadDays(move.from(), move.event(), ordered_at, at)});
  }
}

absl::Status ApplyPiece(Write& write, const std::string& import, const ImportPiece& piece, const KnownDevices& known) {
  if (!piece.registered.empty()) {
    const auto added = AddDevices(write, piece.registered);
    if (!added.ok()) return added.status();
  }
  if (piece.moves.empty()) return absl::OkStatus();
  std::vector<NewMove> all;
  std::vector<std::string> ids;
  for (const auto& [device, moves] : piece.moves) {
    const auto found = known.find(device);
    const auto ordered_at = found == known.end() ? std::nullopt : found->second.standing.ordered_at;
    AddTo(all, device, moves, ordered_at, "imported from an ordering portal");
    ids.push_back(device);
  }
  if (absl::Status moved = AddMoves(write, all); !moved.ok()) return moved;
  return write.Audit("import", "device", ids, std::vector<std::string>(ids.size(), "{\"import\":\"" + import + "\"}"));
}

void Count(const ImportPiece& piece, const KnownDevices& known, v1::ApplyImportResponse& response) {
  std::uint32_t moved = 0;
  for (const auto& [device, moves] : piece.moves) moved += known.contains(device) ? 1 : 0;
  response.set_registered(response.registered() + static_cast<std::uint32_t>(piece.registered.size()));
  response.set_moved(response.moved() + moved);
  response.set_unchanged(response.unchanged() + piece.unchanged);
}

absl::StatusOr<Progress> ReadProgress(Write& write, const std::string& import) {
  const absl::StatusOr<Result> rows = write.Execute(kProgress, {import});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return NotThere("import", import);
  const Row row = (*rows)[0];
  Progress progress{.line = static_cast<std::uint32_t>(row.Int("applied_line")), .so_far = {}, .done = false};
  progress.done = !row.IsNull("result");
  if (!row.IsNull("so_far")) progress.so_far.ParseFromString(row.Bytes("so_far"));
  if (progress.done) progress.so_far.ParseFromString(row.Bytes("result"));
  return progress;
}

absl::Status Mark(Write& write, const std::string& import, const Progress& progress) {
  const std::string bytes = progress.so_far.SerializeAsString();
  const absl::Status status = write.Execute(kMark, {import, progress.line, Bytes{bytes}, progress.done}).status();
  return status.ok() ? write.Audit("apply", "import", import, progress.so_far) : status;
}

// The lines follow the mark; `progress` becomes what it is with them.
absl::Status ApplyLines(Write& write, const std::string& import, const std::vector<StagedLine>& lines,
                        const PlanPiece& plan, Progress& progress) {
  const auto ask = [&](std::string_view sql, std::initializer_list<Param> params) {
    return write.Execute(sql, params);
  };
  const absl::StatusOr<google::protobuf::Timestamp> now = write.Now();
  if (!now.ok()) return now.status();
  std::vector<std::string> ids;
  ids.reserve(lines.size());
  for (const StagedLine& staged : lines) ids.push_back(staged.line.device());
  const absl::StatusOr<KnownDevices> known = ReadKnown(ask, ids);
  if (!known.ok()) return known.status();
  const absl::StatusOr<ImportPiece> piece = plan(lines, *known, ToChrono(*now));
  if (!piece.ok()) return piece.status();
  if (absl::Status applied = ApplyPiece(write, import, *piece, *known); !applied.ok()) return applied;
  Count(*piece, *known, progress.so_far);
  if (!lines.empty()) progress.line = lines.back().line.line();
  progress.done = lines.size() < kPiece;
  return Mark(write, import, progress);
}

}  // namespace

absl::StatusOr<std::optional<Staged>> PostgresImport::Find(const std::string& import) {
  const absl::StatusOr<Result> rows = database_.Query(kFind, {import});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::nullopt;
  const Row row = (*rows)[0];
  Staged staged{.actor = row.String("actor"),
                .lines = static_cast<std::uint32_t>(row.Int("lines")),
                .last_line = static_cast<std::uint32_t>(row.Int("last_line")),
                .applied_line = static_cast<std::uint32_t>(row.Int("applied_line")),
                .applied = std::nullopt};
  if (!row.IsNull("result")) staged.applied.emplace().ParseFromString(row.Bytes("result"));
  return staged;
}

absl::Status PostgresImport::Stage(const Actor& actor, const std::string& import,
                                   const std::vector<v1::PortalLine>& lines) {
  std::vector<int> numbers;
  std::vector<std::string> devices, bodies;
  for (const v1::PortalLine& line : lines) {
    numbers.push_back(static_cast<int>(line.line()));
    devices.push_back(line.device());
    bodies.push_back(line.SerializeAsString());
  }
  std::vector<Bytes> bytes;
  bytes.reserve(bodies.size());
  for (const std::string& body : bodies) bytes.push_back({body});
  for (const char* forget : {kForget, kForgetLines}) {
    if (absl::Status forgot = database_.Query(forget, {}).status(); !forgot.ok()) return forgot;
  }
  return database_.Query(kStage, {import, actor.id, numbers, devices, bytes}).status();
}

absl::Status PostgresImport::Close(const std::string& import) {
  return database_.Query(kClose, {import}).status();
}

absl::StatusOr<std::vector<StagedLine>> PostgresImport::Lines(const std::string& import, std::uint32_t after,
                                                              int limit) {
  return ReadLines(
      [&](std::string_view sql, std::initializer_list<Param> params) { return database_.Query(sql, params); }, import,
      after, limit);
}

absl::StatusOr<KnownDevices> PostgresImport::Known(const std::vector<std::string>& devices) {
  return ReadKnown(
      [&](std::string_view sql, std::initializer_list<Param> params) { return database_.Query(sql, params); }, devices);
}

absl::StatusOr<v1::ApplyImportResponse> PostgresImport::Apply(const Actor& actor, const std::string& import,
                                                              const PlanPiece& plan) {
  const absl::StatusOr<Result> begun = database_.Query(kMarkOf, {import});
  if (!begun.ok()) return begun.status();
  if (begun->empty()) return NotThere("import", import);
  Progress progress{.line = static_cast<std::uint32_t>((*begun)[0].Int("applied_line")), .so_far = {}, .done = false};
  for (unsigned pieces = 1; !progress.done; ++pieces) {
    // Outside of the write: whoever waits gets in meanwhile.
    const auto lines = Lines(import, progress.line, kPiece);
    if (!lines.ok()) return lines.status();
    Progress next;
    const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
      const absl::StatusOr<Progress> stored = ReadProgress(write, import);
      if (!stored.ok()) return stored.status();
      next = *stored;
      if (stored->done || stored->line != progress.line) return absl::OkStatus();
      return ApplyLines(write, import, *lines, plan, next);
    });
    if (!status.ok()) return status;
    progress = std::move(next);
    if (!std::has_single_bit(pieces)) continue;
    if (absl::Status known = database_.Query(kAnalyze, {}).status(); !known.ok()) return known;
  }
  if (absl::Status dropped = database_.Query(kDropLines, {import}).status(); !dropped.ok()) return dropped;
  return progress.so_far;
}

}  // namespace nara::registry
