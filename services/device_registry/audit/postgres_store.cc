#include "device_registry/audit/postgres_store.h"

#include <limits>
#include <string>

#include "common/time/proto_time.h"

namespace nara::registry {
namespace {

constexpr char kWhat[] = R"sql(
select c.*, coalesce(c.before::text, '') as before_text, c.detail::text as after_text)sql";
constexpr char kOfAll[] = R"sql(
from changes c where $1::text = '' and $2::text = '')sql";
// Of one principal, and of another too: from the entries of the first, since most are of neither.
constexpr char kOfPrincipal[] = R"sql(
from change_principals o join changes c on c.revision = o.revision and c.ordinal = o.ordinal
where o.principal = $1 and (o.revision, o.ordinal) < ($8::bigint, $9::bigint) and ($2::text = '' or exists (
  select from change_principals p where p.principal = $2 and p.revision = o.revision and p.ordinal = o.ordinal)))sql";
constexpr char kWhich[] = R"sql(
  and ($3::text = '' or c.object = $3) and ($4::text = '' or c.id = $4) and ($5::text = '' or c.actor = $5)
  and ($6::timestamptz is null or c.at >= $6) and ($7::timestamptz is null or c.at < $7)
  and (c.revision, c.ordinal) < ($8::bigint, $9::bigint)
order by c.revision desc, c.ordinal desc limit $10::int)sql";

constexpr char kReads[] = R"sql(
select r.* from identity_reads r
where ($1::text = '' or exists (select from residents s where s.id = r.resident and s.principal = $1))
  and ($2::text = '' or r.resident = $2) and ($3::text = '' or r.actor = $3)
  and ($4::timestamptz is null or r.at >= $4) and ($5::timestamptz is null or r.at < $5)
  and r.number < $6::bigint
order by r.number desc limit $7::int)sql";

constexpr char kForget[] = R"sql(
delete from identity_reads where number in (
  select number from identity_reads where at < $1::timestamptz order by at limit $2::int))sql";

constexpr std::int64_t kNewest = std::numeric_limits<std::int64_t>::max();

v1::Change ChangeOf(const Row& row) {
  v1::Change change;
  change.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  change.set_ordinal(row.Int("ordinal"));
  *change.mutable_at() = ToProto(row.Time("at"));
  change.set_actor(row.String("actor"));
  change.set_via(row.String("via"));
  change.set_reason(row.String("reason"));
  change.set_action(row.String("action"));
  change.set_object(row.String("object"));
  change.set_id(row.String("id"));
  change.set_before(row.String("before_text"));
  change.set_after(row.String("after_text"));
  return change;
}

v1::IdentityRead ReadOf(const Row& row) {
  v1::IdentityRead read;
  read.set_number(static_cast<std::uint64_t>(row.Int64("number")));
  *read.mutable_at() = ToProto(row.Time("at"));
  read.set_actor(row.String("actor"));
  read.set_via(row.String("via"));
  read.set_reason(row.String("reason"));
  read.set_resident(row.String("resident"));
  read.set_shown(row.Bool("shown"));
  return read;
}

// As whom a caller sees; empty: everything. Who is of no principal, and may not see all, sees nobody's.
std::string SeenAs(const Visible& visible) {
  if (visible.all) return "";
  return visible.principal.empty() ? "nobody" : visible.principal;
}

}  // namespace

absl::StatusOr<std::vector<v1::Change>> PostgresAudit::ListChanges(const ChangeQuery& query) {
  std::string seen_as = SeenAs(query.visible);
  std::string asked_for = query.principal;
  if (seen_as.empty()) seen_as.swap(asked_for);
  const ChangePlace before = query.before.value_or(ChangePlace{.revision = kNewest, .ordinal = kNewest});
  const std::string sql = std::string(kWhat) + (seen_as.empty() ? kOfAll : kOfPrincipal) + kWhich;
  const absl::StatusOr<Result> found =
      database_.Query(sql, {seen_as, asked_for, query.object, query.id, query.actor, query.span.since, query.span.until,
                            before.revision, before.ordinal, query.limit});
  if (!found.ok()) return found.status();
  std::vector<v1::Change> changes;
  for (const Row row : *found) changes.push_back(ChangeOf(row));
  return changes;
}

absl::StatusOr<std::vector<v1::IdentityRead>> PostgresAudit::ListReads(const ReadQuery& query) {
  const absl::StatusOr<Result> found =
      database_.Query(kReads, {SeenAs(query.visible), query.resident, query.actor, query.span.since, query.span.until,
                               query.before.value_or(kNewest), query.limit});
  if (!found.ok()) return found.status();
  std::vector<v1::IdentityRead> reads;
  for (const Row row : *found) reads.push_back(ReadOf(row));
  return reads;
}

absl::StatusOr<std::int64_t> PostgresAudit::ForgetReads(TimePoint before, int limit) {
  const absl::StatusOr<Result> forgotten = database_.Query(kForget, {before, limit});
  if (!forgotten.ok()) return forgotten.status();
  return static_cast<std::int64_t>(forgotten->affected());
}

}  // namespace nara::registry
