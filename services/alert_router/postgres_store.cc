#include "alert_router/postgres_store.h"

#include <utility>

#include "alert_router/alert_row.h"
#include "common/postgres/transaction.h"

namespace nara::alert {
namespace {

const std::string kSelect = std::string("select ") + kColumns + " from alerts ";
const std::string kEpisode = kSelect +
                             "where device = $1 and kind = $2 and episode = $3 and assignment = $4 "
                             "and (effective_at between $5::timestamptz and $6::timestamptz or event_id = $7) "
                             "order by effective_at for update";
const std::string kGet = kSelect + "where id = $1 for update";
const std::string kLook = kSelect + "where id = $1";
const std::string kNewestUnanswered =
    kSelect + "where device = $1 and kind = $2 and state in (1, 2) order by raised_at desc limit 1 for update";
const std::string kOfferedLocked = kSelect +
                                   "where receiver = $1 and state = 2 and not waiting "
                                   "order by offered_at, raised_at, id limit $2 for update";
const std::string kWaiting =
    kSelect + "where receiver = $1 and state in (1, 2) and waiting order by raised_at, id limit $2 for update";
const std::string kOffered = kSelect +
                             "where receiver = $1 and state = 2 and not waiting "
                             "and (offered_at, raised_at, id) > ($2::timestamptz, $3::timestamptz, $4) "
                             "order by offered_at, raised_at, id limit $5";
const std::string kDue = kSelect +
                         "where next_action_at is not null and (next_action_at <= clock_timestamp() "
                         "or next_action_at > clock_timestamp() + make_interval(secs => chain_seconds[step + 1])) "
                         "order by next_action_at limit $1 for update skip locked";
const std::string kList =
    kSelect +
    "where ($1 or principal = nullif($2, '') or unit = any($3::text[]) "
    "       or (chain_receivers @> array[$4::text] and $4::text = any(chain_receivers[1:step + 1]))) "
    "and ($5 = '' or principal = $5) and ($6 = '' or device = $6) and (not $7 or state < 6) "
    "and ($8::timestamptz is null or (raised_at, id) < ($8::timestamptz, $9)) "
    "order by raised_at desc, id desc limit $10";
// Open alerts are few.
const std::string kSilenceToJoin =
    kSelect +
    "where technical and kind = $1 and unit = $2 and principal = $3 and state < 6 "
    "and (select max(at) from silences where alert = alerts.id) >= clock_timestamp() - make_interval(secs => $4) "
    "and (state in (1, 2) or (select count(*) from silences where alert = alerts.id) >= $5) "
    "order by raised_at desc limit 1 for update";
constexpr char kHoldSilences[] = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
constexpr char kSilence[] = "select device, episode, alert from silences where device = $1 for update";
constexpr char kRememberSilence[] = "insert into silences (device, episode, alert) values ($1, $2, $3)";
constexpr char kForgetSilence[] = "delete from silences where device = $1";
constexpr char kStillSilent[] = "select count(*) as devices from silences where alert = $1";
const std::string kInsert =
    std::string("insert into alerts (") + kColumns +
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
    "$21::timestamptz, $22::timestamptz, $23::timestamptz, $24::timestamptz, $25, $26, $27, $28::timestamptz) "
    "on conflict do nothing";
constexpr char kUpdate[] =
    "update alerts set step = $3, state = $4, version = $5, waiting = $6, exhausted = $7, offer_version = $8, "
    "delivered = $9, next_action_at = $10::timestamptz, receiver = $11, operator_id = $12, offered_at = "
    "$13::timestamptz "
    "where id = $1 and version = $2";
constexpr char kInsertHistory[] =
    "insert into history (alert, version, at, action, state, step, receiver, actor, reason) "
    "select $1, version, at, action, state, step, receiver, actor, reason "
    "from unnest($2::bigint[], $3::timestamptz[], $4::text[], $5::smallint[], $6::int[], $7::text[], $8::text[], "
    "$9::text[]) as entry (version, at, action, state, step, receiver, actor, reason)";
constexpr char kHistory[] =
    "select version, at, action, state, step, receiver, actor, reason from history where alert = $1 order by version";
constexpr char kEnds[] =
    "select ended_by, event_id, effective_at from ends where device = $1 and kind = $2 and episode = $3 "
    "and assignment = $4 and effective_at between $5::timestamptz and $6::timestamptz order by effective_at";
constexpr char kRememberEnd[] =
    "insert into ends (device, kind, episode, assignment, effective_at, ended_by, event_id) "
    "values ($1, $2, $3, $4, $5::timestamptz, $6, $7) on conflict do nothing";
constexpr char kForget[] = "delete from ends where at < clock_timestamp() - make_interval(secs => $1)";
constexpr char kUntilNext[] =
    "select (extract(epoch from next_action_at - clock_timestamp()) * 1000000)::bigint as micros "
    "from alerts where next_action_at is not null order by next_action_at limit 1";

std::vector<Alert> ReadAlerts(const Result& result) {
  std::vector<Alert> alerts;
  for (const Row& row : result) alerts.push_back(ReadAlert(row));
  return alerts;
}

absl::Status MovedOn(const std::string& id) {
  return absl::AbortedError("alert " + id + " was changed by somebody else meanwhile");
}

class PostgresRows final : public Rows {
 public:
  PostgresRows(Transaction& transaction, const LogPositions& positions)
      : transaction_(transaction), positions_(positions) {}

  absl::StatusOr<Time> Now() override {
    const auto result = transaction_.Execute("select clock_timestamp() as now");
    if (!result.ok()) return result.status();
    return ToTime((*result)[0].Time("now"));
  }

  absl::StatusOr<std::optional<Alert>> GetLocked(const std::string& id) override {
    return One(transaction_.Execute(kGet, {id}));
  }

  absl::StatusOr<std::vector<Alert>> EpisodeLocked(const Key& key, const Period& period,
                                                   const std::string& event_id) override {
    return Many(transaction_.Execute(kEpisode, {key.device, key.kind, key.episode, key.assignment,
                                                TimePoint(period.from), TimePoint(period.to), event_id}));
  }

  absl::StatusOr<std::optional<Alert>> NewestUnansweredLocked(const std::string& device,
                                                              const std::string& kind) override {
    return One(transaction_.Execute(kNewestUnanswered, {device, kind}));
  }

  absl::StatusOr<std::vector<Alert>> OfferedLocked(const std::string& receiver, int limit) override {
    return Many(transaction_.Execute(kOfferedLocked, {receiver, limit}));
  }

  absl::StatusOr<std::vector<Alert>> WaitingLocked(const std::string& receiver, int limit) override {
    return Many(transaction_.Execute(kWaiting, {receiver, limit}));
  }

  absl::StatusOr<std::vector<Alert>> DueLocked(int limit) override { return Many(transaction_.Execute(kDue, {limit})); }

  absl::StatusOr<std::vector<EpisodeEnd>> Ends(const Key& key, const Period& period) override {
    const auto result = transaction_.Execute(
        kEnds, {key.device, key.kind, key.episode, key.assignment, TimePoint(period.from), TimePoint(period.to)});
    if (!result.ok()) return result.status();
    std::vector<EpisodeEnd> ends;
    for (const Row& row : *result) {
      ends.push_back({row.String("ended_by"), row.String("event_id"), ToTime(row.Time("effective_at"))});
    }
    return ends;
  }

  absl::Status RememberEnd(const Key& key, const EpisodeEnd& end) override {
    return transaction_
        .Execute(kRememberEnd,
                 {key.device, key.kind, key.episode, key.assignment, TimePoint(end.at), end.kind, end.event_id})
        .status();
  }

  absl::StatusOr<std::optional<Silence>> SilenceLocked(const std::string& device) override {
    const auto result = transaction_.Execute(kSilence, {device});
    if (!result.ok()) return result.status();
    if (result->empty()) return std::optional<Silence>();
    const Row& row = (*result)[0];
    return Silence{row.String("device"), row.String("episode"), row.String("alert")};
  }

  absl::StatusOr<std::optional<Alert>> SilenceToJoinLocked(const std::string& kind,
                                                           const Responsible& answer) override {
    const auto held = transaction_.Execute(kHoldSilences, {"silences " + kind + " " + answer.unit});
    if (!held.ok()) return held.status();
    const std::chrono::seconds within = kSilencesWithin;
    return One(
        transaction_.Execute(kSilenceToJoin, {kind, answer.unit, answer.principal, within.count(), kManySilent}));
  }

  absl::Status RememberSilence(const Silence& silence) override {
    return transaction_.Execute(kRememberSilence, {silence.device, silence.episode, silence.alert}).status();
  }

  absl::Status ForgetSilence(const std::string& device) override {
    return transaction_.Execute(kForgetSilence, {device}).status();
  }

  absl::StatusOr<int> StillSilent(const std::string& alert) override {
    const auto result = transaction_.Execute(kStillSilent, {alert});
    if (!result.ok()) return result.status();
    return static_cast<int>((*result)[0].Int64("devices"));
  }

  absl::Status Save(const Change& change) override {
    const uint64_t before = change.alert.version - change.history.size();
    const auto written =
        before == 0 ? transaction_.Execute(kInsert, Params(change.alert)) : Update(change.alert, before);
    if (!written.ok()) return written.status();
    if (written->affected() != 1) return MovedOn(change.alert.id);
    return change.Recorded() ? WriteHistory(change) : absl::OkStatus();
  }

  absl::Status Advance(std::span<const PositionStep> steps) override { return positions_.Advance(transaction_, steps); }

 private:
  static absl::StatusOr<std::optional<Alert>> One(const absl::StatusOr<Result>& result) {
    if (!result.ok()) return result.status();
    return result->empty() ? std::optional<Alert>() : std::optional(ReadAlert((*result)[0]));
  }

  static absl::StatusOr<std::vector<Alert>> Many(const absl::StatusOr<Result>& result) {
    if (!result.ok()) return result.status();
    return ReadAlerts(*result);
  }

  absl::StatusOr<Result> Update(const Alert& alert, uint64_t before) {
    const auto next = alert.next_action_at ? Param(TimePoint(*alert.next_action_at)) : Param(std::nullopt);
    return transaction_.Execute(kUpdate, {alert.id, before, alert.step, static_cast<int>(alert.state), alert.version,
                                          alert.waiting, alert.exhausted, alert.offer_version, alert.delivered, next,
                                          alert.receiver, alert.operator_id, TimePoint(alert.offered_at)});
  }

  absl::Status WriteHistory(const Change& change) {
    std::vector<uint64_t> versions;
    std::vector<TimePoint> times;
    std::vector<int> states, steps;
    std::vector<std::string> actions, receivers, actors, reasons;
    for (const HistoryEntry& entry : change.history) {
      versions.push_back(entry.version);
      times.push_back(entry.at);
      actions.push_back(entry.action);
      states.push_back(static_cast<int>(entry.state));
      steps.push_back(static_cast<int>(entry.step));
      receivers.push_back(entry.receiver);
      actors.push_back(entry.actor);
      reasons.push_back(entry.reason);
    }
    return transaction_
        .Execute(kInsertHistory, {change.alert.id, versions, times, actions, states, steps, receivers, actors, reasons})
        .status();
  }

  Transaction& transaction_;
  const LogPositions& positions_;
};

}  // namespace

absl::Status PostgresStore::Run(const std::function<absl::Status(Rows&)>& work) {
  const auto connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  return RunTransaction(**connection, Isolation::kReadCommitted, [&](Transaction& transaction) {
    PostgresRows rows(transaction, positions_);
    return work(rows);
  });
}

absl::StatusOr<AlertWithHistory> PostgresStore::Get(const std::string& id) {
  const auto connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const auto alert = (*connection)->Execute(kLook, {id});
  if (!alert.ok()) return alert.status();
  if (alert->empty()) return absl::NotFoundError("no alert with this id");
  const auto history = (*connection)->Execute(kHistory, {id});
  if (!history.ok()) return history.status();
  AlertWithHistory found{ReadAlert((*alert)[0]), {}};
  for (const Row& row : *history) found.history.push_back(ReadHistoryEntry(row));
  return found;
}

absl::StatusOr<std::vector<Alert>> PostgresStore::List(const Query& query) {
  const auto connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const auto before = query.before_raised_at ? Param(TimePoint(*query.before_raised_at)) : Param(std::nullopt);
  const auto result =
      (*connection)
          ->Execute(kList, {query.scope.all, query.scope.principal, query.scope.units, query.scope.receiver,
                            query.principal, query.device, query.open_only, before, query.before_id, query.limit});
  if (!result.ok()) return result.status();
  return ReadAlerts(*result);
}

absl::StatusOr<std::vector<Alert>> PostgresStore::Offered(const std::string& receiver, const Place& after, int limit) {
  const auto connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const auto result =
      (*connection)
          ->Execute(kOffered, {receiver, TimePoint(after.offered_at), TimePoint(after.raised_at), after.id, limit});
  if (!result.ok()) return result.status();
  return ReadAlerts(*result);
}

absl::StatusOr<std::optional<std::chrono::microseconds>> PostgresStore::UntilNextAction() {
  const auto connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  const auto result = (*connection)->Execute(kUntilNext);
  if (!result.ok()) return result.status();
  if (result->empty()) return std::optional<std::chrono::microseconds>();
  return std::optional(std::chrono::microseconds((*result)[0].Int64("micros")));
}

absl::Status PostgresStore::ForgetEnds(std::chrono::seconds age) {
  const auto connection = pool_.Acquire();
  if (!connection.ok()) return connection.status();
  return (*connection)->Execute(kForget, {age.count()}).status();
}

}  // namespace nara::alert
