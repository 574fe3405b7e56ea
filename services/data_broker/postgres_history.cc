#include "data_broker/postgres_history.h"

#include <numeric>
#include <utility>
#include <vector>

#include "common/postgres/migrate.h"
#include "common/postgres/transaction.h"
#include "common/time/proto_time.h"
#include "data_broker/schema.h"

namespace nara::broker {
namespace {

std::vector<int> AllShards() {
  std::vector<int> shards(kShardCount);
  std::iota(shards.begin(), shards.end(), 0);
  return shards;
}

// Rows of other logs are not ours.
LogId LogOf(std::string_view name, int shard) {
  return {.shard = shard, .log = ParseLog(name).value_or(Log::kMeasurement)};
}

PostgresOptions InSchema(PostgresOptions options, const char* role) {
  options.schema = kSchema;
  options.application_name = std::string("nara-data-broker ") + role;
  return options;
}

std::string Joined(const std::vector<std::string>& units) {
  std::string text;
  for (const std::string& unit : units) text.append(text.empty() ? "" : ",").append(unit);
  return text;
}

CareRecordPtr RecordOf(const Row& row) {
  auto record = std::make_shared<CareRecord>();
  record->log = {.shard = row.Int("shard"), .log = LogOfLane(row.Int("lane"))};
  record->position = {.ms = static_cast<std::uint64_t>(row.Int64("position_ms")),
                      .seq = static_cast<std::uint64_t>(row.Int64("position_seq"))};
  record->assignment = row.String("assignment");
  record->route_revision = static_cast<std::uint64_t>(row.Int64("route_revision"));
  record->party = Party{.principal = row.String("principal"), .unit = row.String("unit")};
  if (!record->observation.ParseFromString(row.Bytes("observation"))) return nullptr;
  return record;
}

absl::StatusOr<std::vector<CareRecordPtr>> RecordsOf(const Result& result) {
  std::vector<CareRecordPtr> records;
  records.reserve(result.size());
  for (const Row row : result) {
    records.push_back(RecordOf(row));
    if (records.back() == nullptr) return absl::DataLossError("a history row cannot be read");
  }
  return records;
}

// Row-level security is the second wall: the reach is in each query too.
constexpr std::string_view kReach = R"sql(
select set_config('nara.principal', $1, true), set_config('nara.units', $2, true),
       set_config('nara.residents', $3, true))sql";

constexpr std::string_view kInsert = R"sql(
insert into observations (id, device, assignment, resident, principal, unit, kind, effective_at, received_at,
                          lane, shard, position_ms, position_seq, route_revision, observation)
select id, device, assignment, resident, principal, unit, kind,
       timestamptz 'epoch' + effective * interval '1 microsecond',
       timestamptz 'epoch' + received * interval '1 microsecond',
       lane, shard, position_ms, position_seq, revision, observation
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
            $9::bigint[], $10::smallint[], $11::smallint[], $12::bigint[], $13::bigint[], $14::bigint[],
            $15::bytea[])
  as t (id, device, assignment, resident, principal, unit, kind, effective, received, lane, shard,
        position_ms, position_seq, revision, observation)
on conflict (id) do nothing)sql";

// Also the rows that are right count for the limit: what a statement reads is bounded too.
constexpr std::string_view kRelabel = R"sql(
with piece as materialized (
  select id, assignment, effective_at from observations
  where device = $1 and (effective_at, id) >
        (coalesce(timestamptz 'epoch' + $2::bigint * interval '1 microsecond', '-infinity'), $3::text)
  order by effective_at, id limit $4
), corrected as (
  update observations as o set principal = l.principal, unit = l.unit
  from piece as p join unnest($5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[])
    as l (assignment, since, until, principal, unit) on p.assignment = l.assignment
    and p.effective_at >= timestamptz 'epoch' + l.since * interval '1 microsecond'
    and (l.until is null or p.effective_at < timestamptz 'epoch' + l.until * interval '1 microsecond')
  where o.id = p.id and (o.principal, o.unit) is distinct from (l.principal, l.unit)
)
select (extract(epoch from effective_at) * 1000000)::bigint as effective_us, id, count(*) over () as rows
from piece order by effective_at desc, id desc limit 1)sql";

constexpr std::string_view kNoteLabelled = R"sql(
insert into labelled_routes (device, revision) values ($1, $2)
on conflict (device) do update set revision = greatest(labelled_routes.revision, excluded.revision))sql";

// Labels turned into columns, for unnest.
struct LabelColumns {
  std::vector<std::string> assignments, principals, units;
  std::vector<std::int64_t> since;
  std::vector<std::optional<std::int64_t>> until;

  explicit LabelColumns(const std::vector<Label>& labels);
};

LabelColumns::LabelColumns(const std::vector<Label>& labels) {
  for (const Label& label : labels) {
    assignments.push_back(label.assignment);
    since.push_back(label.since_us);
    until.push_back(label.until_us);
    principals.push_back(label.party.principal);
    units.push_back(label.party.unit);
  }
}

// Rows turned into columns, for unnest.
struct Columns {
  std::vector<std::string> ids, devices, assignments, residents, principals, units, kinds, bodies;
  std::vector<std::int64_t> effective, received, ms, seq, revisions;
  std::vector<int> lanes, shards;

  void Add(const CareRecord& row);
  std::vector<Param> Params() const;
};

void Columns::Add(const CareRecord& row) {
  const v1::Observation& observation = row.observation;
  ids.push_back(observation.id());
  devices.push_back(observation.device());
  assignments.push_back(row.assignment);
  residents.push_back(observation.resident());
  principals.push_back(row.party->principal);
  units.push_back(row.party->unit);
  kinds.push_back(observation.kind());
  effective.push_back(Micros(observation.effective_at()));
  received.push_back(Micros(observation.received_at()));
  lanes.push_back(LaneNumber(row.log.log));
  shards.push_back(row.log.shard);
  ms.push_back(static_cast<std::int64_t>(row.position.ms));
  seq.push_back(static_cast<std::int64_t>(row.position.seq));
  revisions.push_back(static_cast<std::int64_t>(row.route_revision));
  bodies.push_back(observation.SerializeAsString());
}

std::vector<Param> Columns::Params() const {
  std::vector<Bytes> bytes;
  for (const std::string& body : bodies) bytes.push_back(Bytes{body});
  return {ids,      devices, assignments, residents, principals, units,     kinds, effective,
          received, lanes,   shards,      ms,        seq,        revisions, bytes};
}

}  // namespace

PostgresHistoryReader::PostgresHistoryReader(PostgresOptions options, std::size_t connections)
    : pool_(InSchema(std::move(options), "reader"), connections) {}

absl::StatusOr<Positions> PostgresHistoryReader::Stored() {
  auto loan = pool_.Acquire();
  if (!loan.ok()) return loan.status();
  const auto result = (*loan)->Execute("select log, shard, position from log_positions");
  if (!result.ok()) return result.status();
  Positions stored;
  for (const Row row : *result) {
    const auto position = Position::Parse(row.Text("position"));
    if (!position.ok()) return position.status();
    stored[LogOf(row.Text("log"), row.Int("shard"))] = *position;
  }
  return stored;
}

absl::StatusOr<std::vector<CareRecordPtr>> PostgresHistoryReader::Select(const Audience::Reach& reach,
                                                                         const Query& query) {
  auto loan = pool_.Acquire();
  if (!loan.ok()) return loan.status();
  auto transaction = Transaction::Begin(**loan);
  if (!transaction.ok()) return transaction.status();
  const auto set = transaction->Execute(kReach, {reach.principal, Joined(reach.units), Joined(reach.residents)});
  if (!set.ok()) return set.status();
  const auto result = transaction->Execute(query.sql, query.params);
  if (!result.ok()) return result.status();
  if (absl::Status status = transaction->Commit(); !status.ok()) return status;
  return RecordsOf(*result);
}

absl::StatusOr<std::vector<CareRecordPtr>> PostgresHistoryReader::Replay(const ReplayQuery& query) {
  if (query.reach.nothing()) return std::vector<CareRecordPtr>{};
  return Select(query.reach, ReplaySql(query));
}

absl::StatusOr<std::vector<CareRecordPtr>> PostgresHistoryReader::List(const ListQuery& query) {
  if (query.reach.nothing()) return std::vector<CareRecordPtr>{};
  return Select(query.reach, ListSql(query));
}

PostgresHistoryWriter::PostgresHistoryWriter(PostgresOptions options, std::string holder,
                                             std::chrono::milliseconds lease)
    : options_(InSchema(std::move(options), "writer")), positions_(std::move(holder)), lease_(lease) {}

PostgresHistoryWriter::~PostgresHistoryWriter() {
  if (connection_ != nullptr && !connection_->broken()) positions_.Release(*connection_).IgnoreError();
}

absl::Status PostgresHistoryWriter::Connect() {
  if (connection_ != nullptr && !connection_->broken()) return absl::OkStatus();
  connection_ = nullptr;
  auto connection = PostgresConnection::Connect(options_);
  if (!connection.ok()) return connection.status();
  if (absl::Status status = Migrate(**connection, kSchema, Migrations()); !status.ok()) return status;
  if (absl::Status status = (*connection)->Run("set nara.writer = 'on'"); !status.ok()) return status;
  connection_ = *std::move(connection);
  return absl::OkStatus();
}

absl::Status PostgresHistoryWriter::Take(Log log) {
  auto leases = positions_.Acquire(*connection_, LogName(log), AllShards(), lease_);
  if (!leases.ok()) return leases.status();
  for (ShardLease& lease : *leases) leases_.emplace(LogId{lease.shard, log}, std::move(lease));
  return absl::OkStatus();
}

absl::StatusOr<std::map<LogId, Position>> PostgresHistoryWriter::Own() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  leases_.clear();
  for (const Log log : {Log::kMeasurement, Log::kAlarm}) {
    if (absl::Status status = Take(log); !status.ok()) return status;
  }
  std::map<LogId, Position> owned;
  for (const auto& [log, lease] : leases_) {
    const auto position = Position::Parse(lease.position);
    if (!position.ok()) return position.status();
    owned.emplace(log, *position);
  }
  return owned;
}

absl::Status PostgresHistoryWriter::Insert(Transaction& transaction, const std::vector<CareRecordPtr>& rows) {
  if (rows.empty()) return absl::OkStatus();
  Columns columns;
  for (const CareRecordPtr& row : rows) columns.Add(*row);
  return transaction.Execute(kInsert, columns.Params()).status();
}

absl::Status PostgresHistoryWriter::Store(const HistoryBatch& batch) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  std::vector<PositionStep> steps;
  for (const auto& [log, position] : batch.positions) {
    const auto lease = leases_.find(log);
    if (lease == leases_.end()) return absl::AbortedError("a shard's lease is not ours");
    steps.push_back({.lease = lease->second, .to = position.ToString()});
  }
  auto transaction = Transaction::Begin(*connection_);
  if (!transaction.ok()) return transaction.status();
  if (absl::Status status = Insert(*transaction, batch.rows); !status.ok()) return status;
  if (absl::Status status = positions_.Advance(*transaction, steps); !status.ok()) return status;
  if (absl::Status status = transaction->Commit(); !status.ok()) return status;
  for (const auto& [log, position] : batch.positions) leases_.at(log).position = position.ToString();
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, std::uint64_t>> PostgresHistoryWriter::Labelled() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  const auto result = connection_->Execute("select device, revision from labelled_routes");
  if (!result.ok()) return result.status();
  std::map<std::string, std::uint64_t> labelled;
  for (const Row row : *result) {
    labelled.emplace(row.String("device"), static_cast<std::uint64_t>(row.Int64("revision")));
  }
  return labelled;
}

absl::StatusOr<RelabelledPiece> PostgresHistoryWriter::Relabel(const std::string& device,
                                                               const std::vector<Label>& labels,
                                                               const std::optional<ListKey>& after, std::size_t limit) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  const LabelColumns columns(labels);
  const auto after_us = after ? std::optional(after->effective_us) : std::nullopt;
  const auto result =
      connection_->Execute(kRelabel, {device, after_us, after ? after->id : "", limit, columns.assignments,
                                      columns.since, columns.until, columns.principals, columns.units});
  if (!result.ok()) return result.status();
  if (result->empty()) return RelabelledPiece{};
  const Row last = (*result)[0];
  RelabelledPiece piece{.rows = static_cast<std::size_t>(last.Int64("rows")), .last = std::nullopt};
  if (piece.rows == limit) piece.last = ListKey{last.Int64("effective_us"), last.String("id")};
  return piece;
}

absl::Status PostgresHistoryWriter::NoteLabelled(const std::string& device, std::uint64_t revision) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  return connection_->Execute(kNoteLabelled, {device, revision}).status();
}

}  // namespace nara::broker
