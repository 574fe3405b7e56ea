// Special rights, and the rotation of keys.
#include <optional>
#include <utility>

#include "common/time/proto_time.h"
#include "device_registry/postgres_rows.h"
#include "device_registry/residents/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kAccessWithId[] = R"sql(
select id, client, principal, lower(period) as start_at, upper(period) as end_at, revision
from protected_access where id = $1)sql";
constexpr char kListAccess[] = R"sql(
select id, client, principal, lower(period) as start_at, upper(period) as end_at, revision
from protected_access where id > $1 order by id limit $2::bigint)sql";
constexpr char kKeepAccess[] = R"sql(
insert into protected_access_history (id, client, principal, period, revision, superseded_by)
select id, client, principal, period, revision, $2::bigint from protected_access where id = $1)sql";
constexpr char kPutAccess[] = R"sql(
insert into protected_access (id, client, principal, period, revision)
values ($1, $2, $3, tstzrange($4::timestamptz, $5::timestamptz), $6::bigint)
on conflict (id) do update set period = excluded.period, revision = excluded.revision)sql";

// What is encrypted, by table.
struct Table {
  const char* noun;
  const char* older;
  const char* rewrite;
};
constexpr Table kTables[] = {
    {"resident",
     "select resident as id, key_id, sealed from identities where key_id <> $1 order by resident limit $2::bigint",
     "update identities set key_id = $2, sealed = $3::bytea where resident = $1"},
    {"staff", "select id, key_id, name as sealed from staff where key_id <> $1 order by id limit $2::bigint",
     "update staff set key_id = $2, name = $3::bytea where id = $1"},
    // Dates of birth, by assignment and microseconds since 1970.
    {"cost_facts",
     "select assignment || ' ' || (extract(epoch from since) * 1000000)::bigint as id, key_id, birth as sealed "
     "from cost_facts where key_id <> $1 order by assignment, since limit $2::bigint",
     "update cost_facts set key_id = $2, birth = $3::bytea where assignment = split_part($1, ' ', 1) "
     "and since = timestamptz 'epoch' + split_part($1, ' ', 2)::bigint * interval '1 microsecond'"},
};
constexpr char kLeft[] = R"sql(
select (select count(*) from identities where key_id <> $1) + (select count(*) from staff where key_id <> $1)
  + (select count(*) from cost_facts where key_id <> $1) as left)sql";

v1::ProtectedAccess AccessOf(const Row& row) {
  v1::ProtectedAccess access;
  access.set_id(row.String("id"));
  access.set_client(row.String("client"));
  access.set_principal(row.String("principal"));
  *access.mutable_start_at() = ToProto(row.Time("start_at"));
  if (const auto end = row.OptionalTime("end_at")) *access.mutable_end_at() = ToProto(*end);
  access.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return access;
}

absl::Status StoreAccess(Write& write, const v1::ProtectedAccess& access, const v1::ProtectedAccess* before) {
  if (before != nullptr) {
    const absl::Status kept = write.Execute(kKeepAccess, {access.id(), write.revision()}).status();
    if (!kept.ok()) return kept;
  }
  const std::optional<TimePoint> end = access.has_end_at() ? std::optional(ToChrono(access.end_at())) : std::nullopt;
  return write
      .Execute(kPutAccess,
               {access.id(), access.client(), access.principal(), ToChrono(access.start_at()), end, access.revision()})
      .status();
}

// How many were rewritten.
absl::StatusOr<std::int64_t> RotateTable(Write& write, const IdentityKeys& keys, const Table& table,
                                         std::int64_t limit) {
  const absl::StatusOr<Result> older = write.Execute(table.older, {keys.newest(), limit});
  if (!older.ok()) return older.status();
  for (const Row row : *older) {
    const std::string id = row.String("id");
    const absl::StatusOr<std::string> text =
        keys.Open(table.noun, id, {.key = row.String("key_id"), .bytes = row.Bytes("sealed")});
    if (!text.ok()) return text.status();
    const absl::StatusOr<IdentityKeys::Sealed> again = keys.Seal(table.noun, id, *text);
    if (!again.ok()) return again.status();
    const absl::Status stored = write.Execute(table.rewrite, {id, again->key, Bytes{again->bytes}}).status();
    if (!stored.ok()) return stored;
  }
  return static_cast<std::int64_t>(older->size());
}

}  // namespace

absl::StatusOr<v1::ProtectedAccess> PostgresResidents::PutProtectedAccess(const Actor& actor,
                                                                          const v1::ProtectedAccess& access,
                                                                          const Before<v1::ProtectedAccess>& guard) {
  const auto find = [&](Write& write) -> absl::StatusOr<std::optional<v1::ProtectedAccess>> {
    const absl::StatusOr<Result> found = write.Execute(kAccessWithId, {access.id()});
    if (!found.ok()) return found.status();
    if (found->empty()) return std::nullopt;
    return AccessOf((*found)[0]);
  };
  const VersionedPut<v1::ProtectedAccess> put{
      .noun = "protected_access", .wished = access, .guard = guard, .find = find, .store = StoreAccess};
  absl::StatusOr<v1::ProtectedAccess> stored = Run(database_, actor, put);
  const bool no_client = ConstraintOf(stored.status()) == "protected_access_client_fkey";
  return no_client ? NotThere("client", access.client()) : std::move(stored);
}

absl::StatusOr<std::vector<v1::ProtectedAccess>> PostgresResidents::ListProtectedAccess(const std::string& after,
                                                                                        int limit) {
  const absl::StatusOr<Result> result = database_.Query(kListAccess, {after, limit});
  if (!result.ok()) return result.status();
  std::vector<v1::ProtectedAccess> all;
  for (const Row row : *result) all.push_back(AccessOf(row));
  return all;
}

absl::StatusOr<Rotation> PostgresResidents::Rotate(const Actor& actor, int limit) {
  Rotation rotation;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    rotation = {};
    for (const Table& table : kTables) {
      const auto rewritten = RotateTable(write, keys_, table, limit - rotation.rewritten);
      if (!rewritten.ok()) return rewritten.status();
      rotation.rewritten += *rewritten;
    }
    const absl::StatusOr<Result> left = write.Execute(kLeft, {keys_.newest()});
    if (!left.ok()) return left.status();
    rotation.left = (*left)[0].Int64("left");
    if (rotation.rewritten == 0) return absl::OkStatus();
    return write.Audit("rotate", "identity_key", {keys_.newest()},
                       {R"({"rewritten":)" + std::to_string(rotation.rewritten) + "}"});
  });
  if (!status.ok()) return status;
  return rotation;
}

}  // namespace nara::registry
