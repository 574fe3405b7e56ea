// Identities: finding, changing, remembering who saw them.
#include "device_registry/residents/postgres_store.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/rpc/error.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/reach.h"

namespace nara::registry {
namespace {

// With $2 the client. Who answers now is read from the resident's own assignments.
constexpr char kRecord[] = R"sql(
select r.id, r.principal, i.key_id, i.sealed, i.protection, i.registered_by, i.revision,
  exists (select from protected_access g
          where g.client = $2 and g.principal = r.principal and g.period @> now()) as special_right,
  array(select distinct n.principal || ' ' || n.unit
        from assignments a cross join lateral (
          select distinct on (purpose) principal, unit from responsibilities
          where assignment = a.id and since <= now() order by purpose, since desc) n
        where a.resident = r.id and a.period @> now()) as answering
from residents r left join identities i on i.resident = r.id
)sql";

constexpr char kWithId[] = "where r.id = $1";
constexpr char kWithFingerprint[] = "where i.fingerprint = $1::bytea order by r.id";
constexpr char kListed[] = R"sql(
where r.id > $1 and ($3::text = '' or r.principal = $3) order by r.id limit $4::bigint)sql";
constexpr char kListedOf[] = R"sql(
where r.id = any($1::text[]) and ($3::text = '' or r.principal = $3)
  and (r.principal = $4
       or exists (select from assignments a cross join lateral (
                    select distinct on (purpose) principal, unit from responsibilities
                    where assignment = a.id and since <= now() order by purpose, since desc) n
                  where a.resident = r.id and a.period @> now() and (n.principal = $4 or n.unit = any($5::text[]))
                  offset 0))
order by r.id limit $6::bigint)sql";

constexpr char kRemember[] = R"sql(
insert into identity_reads (actor, via, reason, resident, shown)
select $1, $2, $3, t.resident, t.shown from unnest($4::text[], $5::bool[]) as t (resident, shown))sql";

constexpr char kAddResident[] = "insert into residents (id, principal) values ($1, $2) on conflict (id) do nothing";
constexpr char kPutIdentity[] = R"sql(
insert into identities (resident, principal, key_id, sealed, fingerprint, protection, registered_by, revision)
values ($1, $2, $3, $4::bytea, $5::bytea, $6::int, $7, $8::bigint)
on conflict (resident) do update set key_id = excluded.key_id, sealed = excluded.sealed,
  fingerprint = excluded.fingerprint, protection = excluded.protection, revision = excluded.revision)sql";

constexpr char kKeysInUse[] = R"sql(
select key_id from identities union select key_id from staff
union select key_id from cost_facts where key_id is not null order by 1)sql";
constexpr char kKnowSearch[] = "insert into identity_search (fingerprint) values ($1::bytea) on conflict do nothing";
constexpr char kSearch[] = "select fingerprint from identity_search";

std::string Query(const char* which) {
  return std::string(kRecord) + which;
}

ResidentRecord RecordOf(const Row& row) {
  ResidentRecord record;
  record.id = row.String("id");
  record.principal = row.String("principal");
  record.special_right = row.Bool("special_right");
  for (const std::string& pair : row.Strings("answering")) {
    const std::vector<std::string> parts = absl::StrSplit(pair, ' ');
    record.answering.push_back({.principal = parts[0], .unit = parts[1]});
  }
  if (row.IsNull("sealed")) return record;
  record.sealed = IdentityKeys::Sealed{.key = row.String("key_id"), .bytes = row.Bytes("sealed")};
  record.protection = static_cast<v1::Protection>(row.Int("protection"));
  record.registered_by = row.String("registered_by");
  record.revision = static_cast<std::uint64_t>(row.Int64("revision"));
  return record;
}

std::vector<ResidentRecord> RecordsOf(const Result& result) {
  std::vector<ResidentRecord> records;
  for (const Row row : result) records.push_back(RecordOf(row));
  return records;
}

absl::StatusOr<std::optional<ResidentRecord>> OneOf(const absl::StatusOr<Result>& found) {
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return RecordOf((*found)[0]);
}

// Which fields, never their content; protection alone is no secret.
std::string Detail(const SealedIdentity& identity) {
  return R"({"principal":")" + identity.principal + R"(","fields":[")" + absl::StrJoin(identity.fields, R"(",")") +
         R"("],"protection":")" + v1::Protection_Name(identity.protection) + R"("})";
}

absl::Status StoreIdentity(Write& write, const Actor& actor, const std::string& resident,
                           const SealedIdentity& identity) {
  absl::Status status = write.Execute(kAddResident, {resident, identity.principal}).status();
  if (!status.ok()) return status;
  status = write
               .Execute(kPutIdentity, {resident, identity.principal, identity.sealed.key, Bytes{identity.sealed.bytes},
                                       Bytes{identity.fingerprint}, static_cast<int>(identity.protection), actor.id,
                                       write.revision()})
               .status();
  return status.ok() ? write.Audit("identify", "resident", {resident}, {Detail(identity)}) : status;
}

absl::Status Explain(const absl::Status& status, const std::string& resident) {
  if (ConstraintOf(status) != "identities_one_number") return status;
  return rpc::Error(absl::StatusCode::kAlreadyExists, "NUMBER_IN_USE",
                    "a resident of this principal has this number: find it, or ask who may see protected identities",
                    {{"resident", resident}});
}

}  // namespace

absl::Status PostgresResidents::Prepare() {
  const absl::StatusOr<Result> used = database_.Query(kKeysInUse, {});
  if (!used.ok()) return used.status();
  for (const Row row : *used) {
    if (keys_.Has(row.String(0))) continue;
    return absl::FailedPreconditionError("identity_keys lacks the key " + row.String(0) +
                                         ", which is in use; put it back, and rotate before it goes");
  }
  const std::string nobody = keys_.Fingerprint("");
  if (absl::Status status = database_.Query(kKnowSearch, {Bytes{nobody}}).status(); !status.ok()) return status;
  const absl::StatusOr<Result> known = database_.Query(kSearch, {});
  if (!known.ok()) return known.status();
  if ((*known)[0].Bytes(0) == nobody) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "identity_keys has another search key than the one by which residents are found; put that back");
}

absl::StatusOr<std::optional<ResidentRecord>> PostgresResidents::Find(const std::string& id,
                                                                      const std::string& client) {
  return OneOf(database_.Query(Query(kWithId), {id, client}));
}

absl::StatusOr<std::vector<ResidentRecord>> PostgresResidents::FindByFingerprint(const std::string& fingerprint,
                                                                                 const std::string& client) {
  const absl::StatusOr<Result> found = database_.Query(Query(kWithFingerprint), {Bytes{fingerprint}, client});
  if (!found.ok()) return found.status();
  return RecordsOf(*found);
}

absl::StatusOr<std::vector<ResidentRecord>> PostgresResidents::List(const ResidentQuery& query) {
  std::vector<ResidentRecord> records;
  const auto add = [&](const absl::StatusOr<Result>& rows) -> absl::StatusOr<bool> {
    if (!rows.ok()) return rows.status();
    for (ResidentRecord& record : RecordsOf(*rows)) records.push_back(std::move(record));
    return std::ssize(records) >= query.limit;
  };
  const Visible& visible = query.visible;
  const auto add_of = [&](const std::vector<std::string>& ids) {
    return add(database_.Query(Query(kListedOf), {ids, query.client, query.principal, visible.principal, visible.units,
                                                  query.limit - std::ssize(records)}));
  };
  const absl::Status found =
      visible.all
          ? add(database_.Query(Query(kListed), {query.after, query.client, query.principal, query.limit})).status()
          : WalkResidents(database_, {.principal = visible.principal, .units = visible.units, .after = query.after},
                          add_of);
  if (!found.ok()) return found;
  return records;
}

absl::Status PostgresResidents::Remember(const Actor& actor, const std::vector<IdentityRead>& reads) {
  std::vector<std::string> residents;
  std::vector<bool> shown;
  for (const IdentityRead& read : reads) {
    residents.push_back(read.resident);
    shown.push_back(read.shown);
  }
  if (residents.empty()) return absl::OkStatus();
  return database_.Query(kRemember, {actor.id, actor.via, actor.reason, residents, shown}).status();
}

absl::StatusOr<std::uint64_t> PostgresResidents::ChangeIdentity(const Actor& actor, const std::string& resident,
                                                                const IdentityChange& change) {
  std::uint64_t revision = 0;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<std::optional<ResidentRecord>> stored =
        OneOf(write.Execute(Query(kWithId), {resident, actor.id}));
    if (!stored.ok()) return stored.status();
    const absl::StatusOr<std::optional<SealedIdentity>> next = change(*stored);
    if (!next.ok()) return next.status();
    revision = next->has_value() ? static_cast<std::uint64_t>(write.revision()) : (*stored)->revision;
    return next->has_value() ? StoreIdentity(write, actor, resident, **next) : absl::OkStatus();
  });
  if (!status.ok()) return Explain(status, resident);
  return revision;
}

}  // namespace nara::registry
