#include "data_broker/postgres_history.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>
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
  record->resident = row.String("resident");
  record->route_revision = static_cast<std::uint64_t>(row.Int64("route_revision"));
  record->party = Party{.principal = row.String("principal"), .unit = row.String("unit")};
  if (!record->observation.ParseFromString(row.Bytes("observation"))) return nullptr;
  return record;
}

absl::StatusOr<std::vector<CareRecordPtr>> RecordsOf(const absl::StatusOr<Result>& result) {
  if (!result.ok()) return result.status();
  std::vector<CareRecordPtr> records;
  records.reserve(result->size());
  for (const Row row : *result) {
    records.push_back(RecordOf(row));
    if (records.back() == nullptr) return absl::DataLossError("a history row cannot be read");
  }
  return records;
}

absl::StatusOr<Notice> NoticeOf(const Row& row) {
  Notice notice{.what = row.Bool("withdrawn") ? Notice::What::kWithdrawn : Notice::What::kReissued,
                .party = {.principal = row.String("principal"), .unit = row.String("unit")}};
  notice.id = row.String("id");
  notice.device = row.String("device");
  notice.kind = row.String("kind");
  notice.start_at = ToProto(row.Time("start_at"));
  notice.end_at = ToProto(row.Time("end_at"));
  notice.revision = static_cast<std::uint64_t>(row.Int64("revision"));
  notice.number = static_cast<std::uint64_t>(row.Int64("number"));
  if (row.IsNull("observation")) return notice;
  notice.record = RecordOf(row);
  if (notice.record == nullptr) return absl::DataLossError("a history row cannot be read");
  return notice;
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
const std::string kPiece = "select " + std::string(kRowColumns) +
                           R"sql( from observations
where device = $1 and (effective_at, id) >
      (coalesce(timestamptz 'epoch' + $2::bigint * interval '1 microsecond', '-infinity'), $3::text)
order by effective_at, id limit $4)sql";

// Only where the row is still as it was judged.
constexpr std::string_view kRelabel = R"sql(
update observations as o set assignment = l.assignment, resident = l.resident, principal = l.principal, unit = l.unit
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  as l (id, was_assignment, was_unit, assignment, resident, principal, unit)
where o.id = l.id and (o.assignment, o.unit) = (l.was_assignment, l.was_unit)
returning o.id)sql";

// What is there already keeps its number.
constexpr std::string_view kNotify = R"sql(
with fresh as materialized (
  select n.* from unnest($1::boolean[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
                         $8::timestamptz[], $9::bigint[])
    with ordinality as n (withdrawn, principal, unit, id, device, kind, start_at, end_at, revision, place)
  where not exists (select from notices as o
                    where (o.id, o.revision, o.unit, o.withdrawn) = (n.id, n.revision, n.unit, n.withdrawn))
), head as (
  update notice_head set number = number + fresh.rows, revision = greatest(revision, fresh.newest)
  from (select count(*) as rows, max(revision) as newest from fresh) as fresh where fresh.rows > 0
  returning number - fresh.rows as number
)
insert into notices (number, withdrawn, principal, unit, id, device, kind, start_at, end_at, revision)
select head.number + row_number() over (order by place), withdrawn, principal, unit, id, device, kind, start_at, end_at,
       revision
from fresh cross join head order by place
on conflict (id, revision, unit, withdrawn) do nothing)sql";

constexpr std::string_view kNoteLabelled = R"sql(
insert into labelled_routes (device, revision) values ($1, $2)
on conflict (device) do update set revision = greatest(labelled_routes.revision, excluded.revision))sql";

// A piece of rows, judged: what differs, turned into columns for unnest.
struct Corrected {
  std::vector<std::string> ids, was_assignments, was_units, assignments, residents, principals, units;
  std::vector<Notice> notices;

  void Add(const CareRecord& row, Judgement judgement);
  std::vector<Param> Params() const {
    return {ids, was_assignments, was_units, assignments, residents, principals, units};
  }
};

void Corrected::Add(const CareRecord& row, Judgement judgement) {
  Holder& now = judgement.holder;
  if (judgement.notices.empty() && Holder{row.assignment, row.resident, *row.party} == now) return;
  ids.push_back(row.observation.id());
  was_assignments.push_back(row.assignment);
  was_units.push_back(row.party->unit);
  assignments.push_back(std::move(now.assignment));
  residents.push_back(std::move(now.resident));
  principals.push_back(std::move(now.party.principal));
  units.push_back(std::move(now.party.unit));
  std::ranges::move(judgement.notices, std::back_inserter(notices));
}

// Likewise.
std::vector<Param> NoticeParams(const std::vector<Notice>& notices) {
  std::vector<std::string> principals, units, ids, devices, kinds;
  std::vector<bool> withdrawn;
  std::vector<TimePoint> starts, ends;
  std::vector<std::uint64_t> revisions;
  for (const Notice& notice : notices) {
    withdrawn.push_back(notice.what == Notice::What::kWithdrawn);
    principals.push_back(notice.party.principal);
    units.push_back(notice.party.unit);
    ids.push_back(notice.id);
    devices.push_back(notice.device);
    kinds.push_back(notice.kind);
    starts.push_back(ToChrono(notice.start_at));
    ends.push_back(ToChrono(notice.end_at));
    revisions.push_back(notice.revision);
  }
  return {withdrawn, principals, units, ids, devices, kinds, starts, ends, revisions};
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
  residents.push_back(row.resident);
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

absl::Status Notify(Transaction& transaction, const std::vector<Notice>& notices) {
  if (notices.empty()) return absl::OkStatus();
  return transaction.Execute(kNotify, NoticeParams(notices)).status();
}

// What another writer changed meanwhile, that one has told of.
absl::Status Apply(Transaction& transaction, Corrected& corrected) {
  if (corrected.ids.empty()) return absl::OkStatus();
  const auto changed = transaction.Execute(kRelabel, corrected.Params());
  if (!changed.ok()) return changed.status();
  std::set<std::string, std::less<>> ids;
  for (const Row row : *changed) ids.insert(row.String("id"));
  std::erase_if(corrected.notices, [&](const Notice& notice) { return !ids.contains(notice.id); });
  return Notify(transaction, corrected.notices);
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

absl::StatusOr<Result> PostgresHistoryReader::Select(const Audience::Reach& reach, const Query& query) {
  auto loan = pool_.Acquire();
  if (!loan.ok()) return loan.status();
  auto transaction = Transaction::Begin(**loan);
  if (!transaction.ok()) return transaction.status();
  const auto set = transaction->Execute(kReach, {reach.principal, Joined(reach.units), Joined(reach.residents)});
  if (!set.ok()) return set.status();
  auto result = transaction->Execute(query.sql, query.params);
  if (!result.ok()) return result.status();
  if (absl::Status status = transaction->Commit(); !status.ok()) return status;
  return result;
}

absl::StatusOr<std::vector<CareRecordPtr>> PostgresHistoryReader::Replay(const ReplayQuery& query) {
  if (query.reach.nothing()) return std::vector<CareRecordPtr>{};
  return RecordsOf(Select(query.reach, ReplaySql(query)));
}

absl::StatusOr<std::vector<CareRecordPtr>> PostgresHistoryReader::List(const ListQuery& query) {
  if (query.reach.nothing()) return std::vector<CareRecordPtr>{};
  return RecordsOf(Select(query.reach, ListSql(query)));
}

absl::StatusOr<NoticeHead> PostgresHistoryReader::Noticed() {
  auto loan = pool_.Acquire();
  if (!loan.ok()) return loan.status();
  const auto result = (*loan)->Execute("select number, revision from notice_head");
  if (!result.ok()) return result.status();
  const Row head = (*result)[0];
  return NoticeHead{.number = static_cast<std::uint64_t>(head.Int64("number")),
                    .revision = static_cast<std::uint64_t>(head.Int64("revision"))};
}

absl::StatusOr<std::vector<Notice>> PostgresHistoryReader::Notices(const NoticeQuery& query) {
  std::vector<Notice> notices;
  if (query.reach.nothing()) return notices;
  const auto rows = Select(query.reach, NoticesSql(query));
  if (!rows.ok()) return rows.status();
  for (const Row row : *rows) {
    absl::StatusOr<Notice> notice = NoticeOf(row);
    if (!notice.ok()) return notice.status();
    notices.push_back(*std::move(notice));
  }
  return notices;
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
  if (absl::Status status = Notify(*transaction, batch.notices); !status.ok()) return status;
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

absl::StatusOr<RelabelledPiece> PostgresHistoryWriter::Relabel(const std::string& device, const Verdict& verdict,
                                                               const std::optional<ListKey>& after, std::size_t limit) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  auto transaction = Transaction::Begin(*connection_);
  if (!transaction.ok()) return transaction.status();
  const auto after_us = after ? std::optional(after->effective_us) : std::nullopt;
  const auto rows = RecordsOf(transaction->Execute(kPiece, {device, after_us, after ? after->id : "", limit}));
  if (!rows.ok()) return rows.status();
  Corrected corrected;
  for (const CareRecordPtr& row : *rows) corrected.Add(*row, verdict(*row));
  absl::Status status = Apply(*transaction, corrected);
  if (status.ok()) status = transaction->Commit();
  if (!status.ok()) return status;
  RelabelledPiece piece{.rows = rows->size(), .last = std::nullopt};
  if (piece.rows < limit) return piece;
  const v1::Observation& last = rows->back()->observation;
  piece.last = ListKey{Micros(last.effective_at()), last.id()};
  return piece;
}

absl::Status PostgresHistoryWriter::NoteLabelled(const std::string& device, std::uint64_t revision) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  return connection_->Execute(kNoteLabelled, {device, revision}).status();
}

}  // namespace nara::broker
