#include "ingest/postgres_quarantine.h"

#include <array>
#include <bit>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/mqtt/shard.h"
#include "common/postgres/migrate.h"
#include "common/time/proto_time.h"
#include "ingest/schema.h"

namespace nara::ingest {
namespace {

using nara::ingest::v1::Quarantined;

constexpr char kSchema[] = "ingest";
constexpr std::chrono::seconds kLease{15};

constexpr std::string_view kInsert = R"sql(
insert into quarantine (id, device, lane, epoch, seq, reason, detail, disposition, received_at, payload, principal, unit, owner,
                        assignment, effective_at, sent, clock_in_doubt)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, $10::bytea, $11, $12, $13, $14, $15::timestamptz, $16::timestamptz, $17)
on conflict (id) do nothing)sql";

// What is settled goes first, then what is rejected, then what is held; the oldest of each.
constexpr std::string_view kDropOldest = R"sql(
delete from quarantine where id in (
  select id from (select id, row_number() over (
                    partition by device
                    order by settlement = 0 desc, disposition = 1 desc, received_at desc, id desc) as place
                  from quarantine where device = any($1::text[])) ranked
  where place > $2::bigint))sql";

// $1 device, $2 reason, then the scope: $3 all, $4 principal, $5 units; $6 those too that are settled.
constexpr std::string_view kVisible = R"sql(
  ($1::text = '' or device = $1) and ($2::text = '' or reason = $2)
  and ($3::boolean or ($4::text <> '' and (principal = $4 or owner = $4)) or unit = any($5::text[]))
  and ($6::boolean or settlement = 0))sql";

constexpr std::string_view kColumns =
    "id, device, lane, epoch, seq, reason, detail, disposition, received_at, assignment, effective_at, sent, "
    "clock_in_doubt, settlement, settled_at";

// The oldest of a device and lane ($1, $2) that are held and not settled; of $3 alone when that names some.
constexpr std::string_view kHeld = R"sql(
device = $1 and lane = $2 and settlement = 0 and disposition = 1 and (cardinality($3::text[]) = 0 or id = any($3))
order by received_at, id limit $4::bigint for update)sql";

constexpr std::string_view kSettle = R"sql(
update quarantine set settlement = $2::smallint, settled_at = now(), payload = case when $2::smallint = 2 then ''::bytea else payload end
where id = any($1::text[]) and settlement = 0
returning id)sql";

constexpr std::string_view kRefuse = R"sql(
update quarantine set disposition = $2::smallint, reason = $3, detail = $4 where id = $1)sql";

constexpr std::string_view kAudit = R"sql(
insert into quarantine_audit (id, caller, action, reason) select unnest($1::text[]), $2, $3, $4)sql";

const std::string& ListSql() {
  static const std::string sql = absl::StrCat(
      "select ", std::string(kColumns), " from quarantine where ", std::string(kVisible),
      " and ($7::text = '' or (received_at, id) < ($8::timestamptz, $7)) order by received_at desc, id desc"
      " limit $9::bigint");
  return sql;
}

const std::string& CountSql() {
  static const std::string sql = absl::StrCat("select count(*) from quarantine where ", std::string(kVisible));
  return sql;
}

const std::string& GetSql() {
  static const std::string sql =
      absl::StrCat("select ", std::string(kColumns), ", payload, principal, unit, owner from quarantine where id = $1");
  return sql;
}

std::optional<TimePoint> Optional(bool has, const google::protobuf::Timestamp& time) {
  if (!has) return std::nullopt;
  return ToChrono(time);
}

Quarantined FromRow(const Row& row) {
  Quarantined record;
  record.set_id(row.String("id"));
  record.set_device(row.String("device"));
  record.set_lane(static_cast<nara::telemetry::v1::Lane>(row.Int("lane")));
  record.set_epoch(std::bit_cast<std::uint64_t>(row.Int64("epoch")));
  record.set_seq(static_cast<std::uint64_t>(row.Int64("seq")));
  record.set_reason(row.String("reason"));
  record.set_detail(row.String("detail"));
  record.set_disposition(static_cast<nara::ingest::v1::Disposition>(row.Int("disposition")));
  *record.mutable_received_at() = ToProto(row.Time("received_at"));
  record.set_assignment(row.String("assignment"));
  if (const auto effective_at = row.OptionalTime("effective_at")) {
    *record.mutable_effective_at() = ToProto(*effective_at);
  }
  if (const auto sent = row.OptionalTime("sent")) *record.mutable_sent() = ToProto(*sent);
  record.set_clock_in_doubt(row.Bool("clock_in_doubt"));
  record.set_settlement(static_cast<nara::ingest::v1::Settlement>(row.Int("settlement")));
  if (const auto settled_at = row.OptionalTime("settled_at")) *record.mutable_settled_at() = ToProto(*settled_at);
  return record;
}

// "<microseconds>/<id>" of the last row of a page.
struct PageToken {
  TimePoint received_at;
  std::string id;
};

std::string WriteToken(const Quarantined& last) {
  return absl::StrCat(Micros(last.received_at()), "/", last.id());
}

absl::StatusOr<PageToken> ReadToken(const std::string& text) {
  PageToken token;
  if (text.empty()) return token;
  const std::size_t slash = text.find('/');
  std::int64_t micros = 0;
  if (slash == std::string::npos || slash + 1 == text.size() || !absl::SimpleAtoi(text.substr(0, slash), &micros)) {
    return absl::InvalidArgumentError("page_token is none that a previous response gave");
  }
  token.received_at = absl::ToChronoTime(absl::FromUnixMicros(micros));
  token.id = text.substr(slash + 1);
  return token;
}

QuarantineRow WithPayload(const Row& row) {
  QuarantineRow found{FromRow(row), row.String("principal"), row.String("unit"), row.String("owner")};
  found.record.set_payload(row.Bytes("payload"));
  return found;
}

// One more than a call takes, so that it is seen that there are more.
absl::StatusOr<std::vector<QuarantineRow>> TakeHeld(Transaction& transaction, const HeldQuery& query) {
  static const std::string sql = absl::StrCat(
      "select ", std::string(kColumns), ", payload, principal, unit, owner from quarantine where ", std::string(kHeld));
  const int lane = query.lane == Lane::kAlarm ? nara::telemetry::v1::LANE_ALARM : nara::telemetry::v1::LANE_MEASUREMENT;
  const absl::StatusOr<Result> rows =
      transaction.Execute(sql, {query.device, lane, query.ids, QuarantineShelf::kMostAtOnce + 1});
  if (!rows.ok()) return rows.status();
  std::vector<QuarantineRow> held;
  for (const Row& row : *rows) held.push_back(WithPayload(row));
  return held;
}

absl::StatusOr<std::vector<std::string>> Settle(Transaction& transaction, const std::vector<std::string>& ids,
                                                nara::ingest::v1::Settlement settlement, const std::string& action,
                                                const Decider& decider) {
  const absl::StatusOr<Result> rows = transaction.Execute(kSettle, {ids, static_cast<int>(settlement)});
  if (!rows.ok()) return rows.status();
  std::vector<std::string> settled;
  for (const Row& row : *rows) settled.push_back(row.String("id"));
  const absl::Status audited = transaction.Execute(kAudit, {settled, decider.caller, action, decider.reason}).status();
  if (!audited.ok()) return audited;
  return settled;
}

absl::Status WriteAnswers(Transaction& transaction, const std::vector<ReplayAnswer>& answers, const Decider& decider) {
  std::vector<std::string> replayed;
  for (const ReplayAnswer& answer : answers) {
    if (answer.what == ReplayAnswer::What::kReplayed) {
      replayed.push_back(answer.id);
      continue;
    }
    const auto disposition = answer.what == ReplayAnswer::What::kHeld ? nara::ingest::v1::DISPOSITION_HELD
                                                                      : nara::ingest::v1::DISPOSITION_REJECTED;
    const absl::Status written =
        transaction
            .Execute(kRefuse, {answer.id, static_cast<int>(disposition), answer.refusal.reason, answer.refusal.detail})
            .status();
    if (!written.ok()) return written;
  }
  return Settle(transaction, replayed, nara::ingest::v1::SETTLEMENT_REPLAYED, "replay", decider).status();
}

}  // namespace

PostgresQuarantineStore::PostgresQuarantineStore(PostgresOptions options, std::string holder, int per_device)
    : options_(std::move(options)), positions_(std::move(holder)), per_device_(per_device) {}

PostgresQuarantineStore::~PostgresQuarantineStore() {
  if (connection_ && !connection_->broken()) positions_.Release(*connection_).IgnoreError();
}

absl::Status PostgresQuarantineStore::Connect() {
  if (connection_ && !connection_->broken()) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<PostgresConnection>> made = PostgresConnection::Connect(options_);
  if (made.ok()) connection_ = *std::move(made);
  return made.status();
}

absl::StatusOr<std::vector<ShardLease>> PostgresQuarantineStore::Acquire() {
  if (absl::Status status = Connect(); !status.ok()) return status;
  std::array<int, kShardCount> shards;
  std::iota(shards.begin(), shards.end(), 0);
  return positions_.Acquire(*connection_, "quarantine", shards, kLease);
}

absl::Status PostgresQuarantineStore::Store(const std::vector<QuarantineRow>& rows, const PositionStep& step) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  return RunTransaction(
      *connection_, Isolation::kReadCommitted,
      [&](Transaction& transaction) {
        absl::Status status = Insert(transaction, rows);
        if (status.ok()) status = DropOldest(transaction, rows);
        if (status.ok()) status = positions_.Advance(transaction, {&step, 1});
        return status;
      },
      1);
}

absl::Status PostgresQuarantineStore::Insert(Transaction& transaction, const std::vector<QuarantineRow>& rows) const {
  for (const QuarantineRow& row : rows) {
    const Quarantined& record = row.record;
    const auto inserted = transaction.Execute(
        kInsert,
        {record.id(), record.device(), static_cast<int>(record.lane()), std::bit_cast<std::int64_t>(record.epoch()),
         std::bit_cast<std::int64_t>(record.seq()), record.reason(), record.detail(),
         static_cast<int>(record.disposition()), ToChrono(record.received_at()), Bytes{record.payload()}, row.principal,
         row.unit, row.owner, record.assignment(), Optional(record.has_effective_at(), record.effective_at()),
         Optional(record.has_sent(), record.sent()), record.clock_in_doubt()});
    if (!inserted.ok()) return inserted.status();
  }
  return absl::OkStatus();
}

absl::Status PostgresQuarantineStore::DropOldest(Transaction& transaction,
                                                 const std::vector<QuarantineRow>& rows) const {
  std::vector<std::string> devices;
  for (const QuarantineRow& row : rows) devices.push_back(row.record.device());
  return transaction.Execute(kDropOldest, {devices, per_device_}).status();
}

absl::StatusOr<QuarantinePage> PostgresQuarantineShelf::List(const QuarantineQuery& query, const Scope& scope) {
  const absl::StatusOr<PageToken> token = ReadToken(query.page_token);
  if (!token.ok()) return token.status();
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Result> count = (*connection)
                                           ->Execute(CountSql(), {query.device, query.reason, scope.all,
                                                                  scope.principal, scope.units, query.with_settled});
  if (!count.ok()) return count.status();
  const absl::StatusOr<Result> rows =
      (*connection)
          ->Execute(ListSql(), {query.device, query.reason, scope.all, scope.principal, scope.units, query.with_settled,
                                token->id, token->received_at, query.page_size + 1});
  if (!rows.ok()) return rows.status();
  QuarantinePage page;
  page.total = (*count)[0].Int64(0);
  for (const Row& row : *rows) page.records.push_back(FromRow(row));
  if (page.records.size() > static_cast<std::size_t>(query.page_size)) {
    page.records.pop_back();
    page.next_page_token = WriteToken(page.records.back());
  }
  return page;
}

absl::StatusOr<QuarantineRow> PostgresQuarantineShelf::Get(const std::string& id) {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Result> rows = (*connection)->Execute(GetSql(), {id});
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::NotFoundError(absl::StrCat("quarantine holds no ", id));
  return WithPayload((*rows)[0]);
}

absl::Status PostgresQuarantineShelf::Audit(const std::string& id, const std::string& caller) {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute(kAudit, {std::vector{id}, caller, "look", ""}).status();
}

absl::StatusOr<ReplayOutcome> PostgresQuarantineShelf::Replay(const HeldQuery& query, const Decider& decider,
                                                              const Deliver& deliver) {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  ReplayOutcome outcome;
  absl::Status status = RunTransaction(**connection, Isolation::kReadCommitted, [&](Transaction& transaction) {
    absl::StatusOr<std::vector<QuarantineRow>> held = TakeHeld(transaction, query);
    if (!held.ok()) return held.status();
    outcome.more = held->size() > kMostAtOnce;
    if (outcome.more) held->pop_back();
    absl::StatusOr<std::vector<ReplayAnswer>> answers = deliver(*std::move(held));
    if (!answers.ok()) return answers.status();
    outcome.answers = *std::move(answers);
    return WriteAnswers(transaction, outcome.answers, decider);
  });
  if (!status.ok()) return status;
  return outcome;
}

absl::StatusOr<std::vector<std::string>> PostgresQuarantineShelf::Discard(const std::vector<std::string>& ids,
                                                                          const Decider& decider) {
  absl::StatusOr<PostgresPool::Loan> connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  std::vector<std::string> discarded;
  absl::Status status = RunTransaction(**connection, Isolation::kReadCommitted, [&](Transaction& transaction) {
    absl::StatusOr<std::vector<std::string>> settled =
        Settle(transaction, ids, nara::ingest::v1::SETTLEMENT_DISCARDED, "discard", decider);
    if (!settled.ok()) return settled.status();
    discarded = *std::move(settled);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return discarded;
}

absl::Status PrepareSchema(const PostgresOptions& options) {
  const absl::StatusOr<std::unique_ptr<PostgresConnection>> connection = PostgresConnection::Connect(options);
  if (!connection.ok()) return connection.status();
  return Migrate(**connection, kSchema, Migrations());
}

}  // namespace nara::ingest
