// Units and providers.
#include "device_registry/organisation/postgres_store.h"

#include "common/rpc/error.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kPutAgreements[] = "insert into agreements (id) select unnest($1::text[]) on conflict (id) do nothing";

constexpr char kListUnits[] = R"sql(
select * from units
where id > $1 and ($2::text = '' or principal = $2) and ($3::bool or principal = $4 or id = any($5::text[]))
order by id limit $6::bigint)sql";
constexpr char kUnitWithId[] = "select * from units where id = $1";
constexpr char kPutUnit[] = R"sql(
insert into units (id, principal, provider, name, regimes, hsa_id, kind, revision)
values ($1, $2, $3, $4, $5::int[], $6, $7::int, $8::bigint)
on conflict (id) do update set provider = excluded.provider, name = excluded.name, regimes = excluded.regimes,
  hsa_id = excluded.hsa_id, kind = excluded.kind, revision = excluded.revision)sql";
constexpr char kProviderOfPrincipal[] = R"sql(
select p.activity from providers p join provider_principals w on w.provider = p.id
where p.id = $1 and w.principal = $2)sql";

constexpr char kListProviders[] = R"sql(
select p.*, array(select w.principal from provider_principals w where w.provider = p.id order by 1) as principals
from providers p
where p.id > $1
  and ($2::text = '' or exists (select from provider_principals w where w.provider = p.id and w.principal = $2))
  and ($3::bool or exists (select from provider_principals w where w.provider = p.id and w.principal = $4)
       or exists (select from units u where u.provider = p.id and u.id = any($5::text[])))
order by p.id limit $6::bigint)sql";
constexpr char kProviderWithId[] = R"sql(
select p.*, array(select w.principal from provider_principals w where w.provider = p.id order by 1) as principals
from providers p where p.id = $1)sql";
constexpr char kPutProvider[] = R"sql(
insert into providers (id, name, organisation_number, hsa_id, activity, ownership, revision)
values ($1, $2, $3, $4, $5::int, $6::int, $7::bigint)
on conflict (id) do update set name = excluded.name, organisation_number = excluded.organisation_number,
  hsa_id = excluded.hsa_id, activity = excluded.activity, ownership = excluded.ownership,
  revision = excluded.revision)sql";
constexpr char kDropPrincipals[] =
    "delete from provider_principals where provider = $1 and principal <> all($2::text[])";
constexpr char kAddPrincipals[] = R"sql(
insert into provider_principals (provider, principal) select $1, unnest($2::text[]) on conflict do nothing)sql";
constexpr char kUnitsOfOtherRegime[] = "select id from units where provider = $1 and not regimes <@ $2::int[] limit 1";

std::vector<int> RegimesOf(v1::ProviderActivity activity) {
  if (activity == v1::PROVIDER_ACTIVITY_HEALTH_CARE) return {v1::REGIME_HSL};
  if (activity == v1::PROVIDER_ACTIVITY_SOCIAL_CARE) return {v1::REGIME_SOL, v1::REGIME_LSS};
  return {v1::REGIME_HSL, v1::REGIME_SOL, v1::REGIME_LSS};
}

v1::Provider ProviderOf(const Row& row) {
  v1::Provider provider;
  provider.set_id(row.String("id"));
  for (std::string& principal : row.Strings("principals")) provider.add_principals(std::move(principal));
  provider.set_name(row.String("name"));
  provider.set_organisation_number(row.String("organisation_number"));
  provider.set_hsa_id(row.String("hsa_id"));
  provider.set_activity(static_cast<v1::ProviderActivity>(row.Int("activity")));
  provider.set_ownership(static_cast<v1::Ownership>(row.Int("ownership")));
  provider.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  return provider;
}

// What a violated constraint means for the caller.
absl::Status Explain(const absl::Status& status, const std::string& noun, const std::string& id) {
  const std::string constraint = ConstraintOf(status);
  if (constraint == "units_hsa_id" || constraint == "providers_hsa_id") {
    return rpc::Error(absl::StatusCode::kAlreadyExists, "HSA_ID_IN_USE",
                      "another " + noun + " has this hsa_id; look it up in the directory again", {{noun, id}});
  }
  if (constraint == "units_provider") {
    return rpc::Error(absl::StatusCode::kFailedPrecondition, "PROVIDER_HAS_UNITS",
                      "the provider has units of a principal that it would not work for; move them first",
                      {{noun, id}});
  }
  return status;
}

// Its provider is there, works for its principal, and under the same laws.
absl::Status CheckProvider(Write& write, const v1::Unit& unit) {
  const absl::StatusOr<Result> found = write.Execute(kProviderOfPrincipal, {unit.provider(), unit.principal()});
  if (!found.ok()) return found.status();
  if (found->empty()) return NotThere("provider", unit.provider());
  const std::vector<int> allowed = RegimesOf(static_cast<v1::ProviderActivity>((*found)[0].Int("activity")));
  for (const int regime : unit.regimes()) {
    if (std::find(allowed.begin(), allowed.end(), regime) != allowed.end()) continue;
    return rpc::Error(absl::StatusCode::kFailedPrecondition, "REGIME_OF_OTHER_PROVIDER",
                      "a unit works under its provider's laws: HSL in health care, SoL and LSS in social care; "
                      "make a unit of the other provider for the rest",
                      {{"unit", unit.id()}, {"provider", unit.provider()}});
  }
  return absl::OkStatus();
}

absl::Status StoreUnit(Write& write, const v1::Unit& unit, const v1::Unit* /*before*/) {
  if (absl::Status status = CheckProvider(write, unit); !status.ok()) return status;
  const std::vector<int> regimes(unit.regimes().begin(), unit.regimes().end());
  return write
      .Execute(kPutUnit, {unit.id(), unit.principal(), unit.provider(), unit.name(), regimes, unit.hsa_id(),
                          static_cast<int>(unit.kind()), unit.revision()})
      .status();
}

absl::Status StoreProvider(Write& write, const v1::Provider& provider, const v1::Provider* /*before*/) {
  const absl::StatusOr<Result> others =
      write.Execute(kUnitsOfOtherRegime, {provider.id(), RegimesOf(provider.activity())});
  if (!others.ok()) return others.status();
  if (!others->empty()) {
    return rpc::Error(absl::StatusCode::kFailedPrecondition, "PROVIDER_HAS_UNITS",
                      "the provider has units that work under other laws; move them first",
                      {{"provider", provider.id()}, {"unit", (*others)[0].String("id")}});
  }
  const std::vector<std::string> principals(provider.principals().begin(), provider.principals().end());
  absl::Status status = write
                            .Execute(kPutProvider, {provider.id(), provider.name(), provider.organisation_number(),
                                                    provider.hsa_id(), static_cast<int>(provider.activity()),
                                                    static_cast<int>(provider.ownership()), provider.revision()})
                            .status();
  if (status.ok()) status = write.Execute(kDropPrincipals, {provider.id(), principals}).status();
  if (status.ok()) status = write.Execute(kAddPrincipals, {provider.id(), principals}).status();
  return status;
}

}  // namespace

absl::Status PostgresOrganisation::Prepare(const Catalogue& catalogue) {
  std::vector<std::string> ids;
  for (const auto& [id, agreement] : catalogue.agreements()) ids.push_back(id);
  return database_.Query(kPutAgreements, {ids}).status();
}

absl::StatusOr<std::vector<v1::Unit>> PostgresOrganisation::ListUnits(const UnitQuery& query) {
  const absl::StatusOr<Result> result = database_.Query(
      kListUnits,
      {query.after, query.principal, query.visible.all, query.visible.principal, query.visible.units, query.limit});
  if (!result.ok()) return result.status();
  std::vector<v1::Unit> units;
  for (const Row row : *result) units.push_back(UnitOf(row));
  return units;
}

absl::StatusOr<std::vector<v1::Provider>> PostgresOrganisation::ListProviders(const ProviderQuery& query) {
  const absl::StatusOr<Result> result = database_.Query(
      kListProviders,
      {query.after, query.principal, query.visible.all, query.visible.principal, query.visible.units, query.limit});
  if (!result.ok()) return result.status();
  std::vector<v1::Provider> providers;
  for (const Row row : *result) providers.push_back(ProviderOf(row));
  return providers;
}

absl::StatusOr<std::optional<v1::Unit>> PostgresOrganisation::FindUnit(const std::string& id) {
  const absl::StatusOr<Result> found = database_.Query(kUnitWithId, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  return UnitOf((*found)[0]);
}

absl::StatusOr<v1::Unit> PostgresOrganisation::PutUnit(const Actor& actor, const v1::Unit& unit,
                                                       const Before<v1::Unit>& guard) {
  const auto find = [&](Write& write) -> absl::StatusOr<std::optional<v1::Unit>> {
    const absl::StatusOr<Result> found = write.Execute(kUnitWithId, {unit.id()});
    if (!found.ok()) return found.status();
    if (found->empty()) return std::nullopt;
    return UnitOf((*found)[0]);
  };
  const VersionedPut<v1::Unit> put{.noun = "unit", .wished = unit, .guard = guard, .find = find, .store = StoreUnit};
  absl::StatusOr<v1::Unit> stored = Run(database_, actor, put);
  if (!stored.ok()) return Explain(stored.status(), "unit", unit.id());
  return stored;
}

absl::StatusOr<v1::Provider> PostgresOrganisation::PutProvider(const Actor& actor, const v1::Provider& provider,
                                                               const Before<v1::Provider>& guard) {
  const auto find = [&](Write& write) -> absl::StatusOr<std::optional<v1::Provider>> {
    const absl::StatusOr<Result> found = write.Execute(kProviderWithId, {provider.id()});
    if (!found.ok()) return found.status();
    if (found->empty()) return std::nullopt;
    return ProviderOf((*found)[0]);
  };
  const VersionedPut<v1::Provider> put{
      .noun = "provider", .wished = provider, .guard = guard, .find = find, .store = StoreProvider};
  absl::StatusOr<v1::Provider> stored = Run(database_, actor, put);
  if (!stored.ok()) return Explain(stored.status(), "provider", provider.id());
  return stored;
}

}  // namespace nara::registry
