#include "device_registry/privacy/changes.h"

#include <map>
#include <string>
#include <utility>

#include "device_registry/postgres_rows.h"
#include "device_registry/privacy/rows.h"

namespace nara::registry {
namespace {

constexpr char kClients[] = R"sql(
select c.*, array(select distinct u.provider from units u where u.id = any (c.units) order by 1) as providers
from clients c where c.revision > $1::bigint)sql";

constexpr char kResidents[] = "select resident, revision from resident_privacy where revision > $1::bigint";

// What held from when it was stored has no start, so that it holds at once for a machine
// whose clock is slow. What has ended is left out.
constexpr char kConsents[] = R"sql(
select c.*, case when lower(c.period) > c.changed_at then lower(c.period) end as start_at, upper(c.period) as end_at
from consents c join resident_privacy p using (resident)
where p.revision > $1::bigint and c.withdrawn_at is null and coalesce(upper(c.period) > now(), true)
order by c.resident, c.id)sql";

constexpr char kRecipients[] = R"sql(
select r.* from consent_recipients r join consents c on c.id = r.consent join resident_privacy p using (resident)
where p.revision > $1::bigint and c.withdrawn_at is null
order by r.consent, r.ordinal)sql";

constexpr char kBlocks[] = R"sql(
select b.*, case when lower(b.period) > b.changed_at then lower(b.period) end as start_at, upper(b.period) as end_at
from blocks b join resident_privacy p using (resident)
where p.revision > $1::bigint and b.lifted_at is null and coalesce(upper(b.period) > now(), true)
order by b.resident, b.id)sql";

v1::Consent Shown(v1::Consent consent) {
  consent.clear_resident();
  consent.clear_form();
  return consent;
}

v1::Block Shown(v1::Block block) {
  block.clear_resident();
  return block;
}

}  // namespace

absl::Status ReadClients(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<Result> clients = transaction.Execute(kClients, {after});
  if (!clients.ok()) return clients.status();
  for (const Row row : *clients) {
    v1::Client& client = changes.clients.emplace_back(ClientOf(row));
    for (std::string& provider : row.Strings("providers")) client.add_providers(std::move(provider));
  }
  return absl::OkStatus();
}

absl::Status ReadPrivacy(Transaction& transaction, std::uint64_t after, Changes& changes) {
  const absl::StatusOr<Result> residents = transaction.Execute(kResidents, {after});
  if (!residents.ok() || residents->empty()) return residents.status();
  const absl::StatusOr<Result> consents = transaction.Execute(kConsents, {after});
  if (!consents.ok()) return consents.status();
  const absl::StatusOr<Result> recipients = transaction.Execute(kRecipients, {after});
  if (!recipients.ok()) return recipients.status();
  const absl::StatusOr<Result> blocks = transaction.Execute(kBlocks, {after});
  if (!blocks.ok()) return blocks.status();
  std::map<std::string, v1::ResidentPrivacy> found;
  for (const Row row : *residents) {
    v1::ResidentPrivacy& privacy = found[row.String("resident")];
    privacy.set_resident(row.String("resident"));
    privacy.set_revision(static_cast<std::uint64_t>(row.Int64("revision")));
  }
  for (v1::Consent& consent : ConsentsOf(*consents, *recipients)) {
    v1::ResidentPrivacy& privacy = found[consent.resident()];
    *privacy.add_consents() = Shown(std::move(consent));
  }
  for (const Row row : *blocks) *found[row.String("resident")].add_blocks() = Shown(BlockOf(row));
  for (auto& [resident, privacy] : found) changes.privacy.push_back(std::move(privacy));
  return absl::OkStatus();
}

}  // namespace nara::registry
