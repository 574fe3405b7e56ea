#include <optional>
#include <utility>

#include "common/rpc/error.h"
#include "device_registry/privacy/edits.h"
#include "device_registry/privacy/postgres_store.h"
#include "device_registry/privacy/rows.h"

namespace nara::registry {
namespace {

constexpr std::int64_t kMostHeld = 20;

constexpr char kWithId[] = R"sql(
select *, lower(period) as start_at, upper(period) as end_at from blocks where id = $1)sql";

constexpr char kList[] = R"sql(
select *, lower(period) as start_at, upper(period) as end_at from blocks b
where resident = $1 and id > $2 and ($3::bool or exists (
    select from units u where (u.provider = b.provider or u.id = b.unit) and (u.principal = $4 or u.id = any ($5::text[]))))
order by id limit $6::bigint)sql";

constexpr char kHeld[] = R"sql(
select count(*) as held from blocks where resident = $1 and id <> $2 and provider = $3 and lifted_at is null
  and coalesce(upper(period) > now(), true))sql";

constexpr char kUnitOf[] = "select from units where id = $1 and provider = $2";

constexpr char kPut[] = R"sql(
insert into blocks (id, resident, provider, unit, uses, period, changed_at, revision)
values ($1, $2, $3, nullif($4, ''), $5::int[], tstzrange($6::timestamptz, $7::timestamptz), now(), $8::bigint)
on conflict (id) do update set uses = excluded.uses, period = excluded.period, changed_at = excluded.changed_at,
  revision = excluded.revision)sql";

constexpr char kLift[] = R"sql(
update blocks set lifted_at = now(), lifted_reason = $2, revision = $3::bigint where id = $1)sql";

absl::StatusOr<std::optional<v1::Block>> Find(Ask ask, const std::string& id) {
  const absl::StatusOr<Result> found = ask(kWithId, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return BlockOf((*found)[0]);
}

absl::Status CheckRoom(Write& write, const v1::Block& block) {
  const absl::StatusOr<Result> held = write.Execute(kHeld, {block.resident(), block.id(), block.provider()});
  if (!held.ok()) return held.status();
  if ((*held)[0].Int64("held") < kMostHeld) return absl::OkStatus();
  return rpc::Error(
      absl::StatusCode::kFailedPrecondition, "TOO_MANY_BLOCKS",
      "a provider has at most 20 blocks of a resident that hold; one of the whole provider may do for several",
      {{"resident", block.resident()}});
}

// The unit may have got another provider since the rules looked.
absl::Status CheckUnit(Write& write, const v1::Block& block) {
  if (block.unit().empty()) return absl::OkStatus();
  const absl::StatusOr<Result> found = write.Execute(kUnitOf, {block.unit(), block.provider()});
  if (!found.ok()) return found.status();
  return found->empty() ? NotThere("unit", block.unit()) : absl::OkStatus();
}

absl::Status StoreBlock(Write& write, const v1::Block& block, const v1::Block* /*before*/) {
  if (absl::Status status = CheckRoom(write, block); !status.ok()) return status;
  if (absl::Status status = CheckUnit(write, block); !status.ok()) return status;
  const std::vector<int> uses(block.uses().begin(), block.uses().end());
  return write
      .Execute(kPut, {block.id(), block.resident(), block.provider(), block.unit(), uses, ToChrono(block.start_at()),
                      EndOf(block), block.revision()})
      .status();
}

}  // namespace

absl::StatusOr<std::optional<v1::Block>> PostgresPrivacyStore::FindBlock(const std::string& id) {
  return Find([this](std::string_view sql, Params params) { return database_.Query(sql, params); }, id);
}

absl::StatusOr<std::vector<v1::Block>> PostgresPrivacyStore::ListBlocks(const Visible& visible,
                                                                        const PrivacyQuery& query) {
  const absl::StatusOr<Result> found =
      database_.Query(kList, {query.resident, query.after, visible.all, visible.principal, visible.units, query.limit});
  if (!found.ok()) return found.status();
  std::vector<v1::Block> blocks;
  for (const Row row : *found) blocks.push_back(BlockOf(row));
  return blocks;
}

absl::StatusOr<v1::Block> PostgresPrivacyStore::PutBlock(const Actor& actor, const v1::Block& block,
                                                         const Before<v1::Block>& guard) {
  v1::Block wished = block;
  const auto find = [&](Write& write) -> absl::StatusOr<std::optional<v1::Block>> {
    auto found = Find([&](std::string_view sql, Params params) { return write.Execute(sql, params); }, block.id());
    if (!found.ok()) return found;
    const absl::Status begun = BeginNow(write, block, *found, wished);
    return begun.ok() ? found : begun;
  };
  return Run(database_, actor,
             VersionedPut<v1::Block>{
                 .noun = "block", .wished = wished, .guard = guard, .find = find, .store = StoreBlock, .audited = {}});
}

absl::StatusOr<v1::Block> PostgresPrivacyStore::LiftBlock(const Actor& actor, const std::string& id,
                                                          const std::string& reason) {
  v1::Block after;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const auto ask = [&](std::string_view sql, Params params) { return write.Execute(sql, params); };
    const auto before = Find(ask, id);
    if (!before.ok()) return before.status();
    if (!before->has_value()) return NotThere("block", id);
    after = **before;
    if (after.has_lifted_at()) return absl::OkStatus();
    const absl::Status done = write.Execute(kLift, {id, reason, write.revision()}).status();
    if (!done.ok()) return done;
    const auto stored = Find(ask, id);
    if (!stored.ok()) return stored.status();
    after = **stored;
    return write.AuditChange("lift", "block", id, **before, after);
  });
  if (!status.ok()) return status;
  return after;
}

}  // namespace nara::registry
