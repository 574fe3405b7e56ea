#include <optional>
#include <utility>

#include "common/rpc/error.h"
#include "common/time/proto_time.h"
#include "device_registry/privacy/edits.h"
#include "device_registry/privacy/postgres_store.h"
#include "device_registry/privacy/rows.h"

namespace nara::registry {
namespace {

constexpr std::int64_t kMostHeld = 20;

constexpr char kWithId[] = R"sql(
select *, lower(period) as start_at, upper(period) as end_at from consents where id = $1)sql";
constexpr char kRecipientsOf[] = "select * from consent_recipients where consent = $1 order by ordinal";

constexpr char kList[] = R"sql(
select *, lower(period) as start_at, upper(period) as end_at from consents
where resident = $1 and id > $2 order by id limit $3::bigint)sql";
constexpr char kListRecipients[] = R"sql(
select r.* from consent_recipients r join consents c on c.id = r.consent
where c.resident = $1 and c.id > $2 order by r.consent, r.ordinal)sql";

// The recipients that are not there; a client that receives no care data is none.
constexpr char kMissing[] = R"sql(
select r.noun, r.id from unnest($1::text[], $2::text[]) as r (noun, id)
where case r.noun when 'provider' then not exists (select from providers p where p.id = r.id)
                  when 'unit'     then not exists (select from units u where u.id = r.id)
                  else not exists (select from clients c where c.id = r.id and c.role = 'care_unit') end limit 1)sql";

constexpr char kHeld[] = R"sql(
select count(*) as held from consents where resident = $1 and id <> $2 and withdrawn_at is null
  and coalesce(upper(period) > now(), true))sql";

constexpr char kPut[] = R"sql(
insert into consents (id, resident, giver, cohabitant, cohabitants, use, period, form, changed_at, revision)
values ($1, $2, $3::int, $4, $5::int, $6::int, tstzrange($7::timestamptz, $8::timestamptz), $9::int, now(), $10::bigint)
on conflict (id) do update set cohabitants = excluded.cohabitants, period = excluded.period, form = excluded.form,
  changed_at = excluded.changed_at, revision = excluded.revision)sql";
constexpr char kForgetRecipients[] = "delete from consent_recipients where consent = $1";
constexpr char kAddRecipients[] = R"sql(
insert into consent_recipients (consent, ordinal, provider, unit, client)
select $1, r.n, case r.noun when 'provider' then r.id end, case r.noun when 'unit' then r.id end,
  case r.noun when 'client' then r.id end
from unnest($2::text[], $3::text[]) with ordinality as r (noun, id, n))sql";

constexpr char kWithdraw[] = R"sql(
update consents set withdrawn_at = now(), withdrawn_reason = $2, revision = $3::bigint where id = $1)sql";

struct Recipients {
  std::vector<std::string> nouns;
  std::vector<std::string> ids;
};

Recipients RecipientsOf(const v1::Consent& consent) {
  Recipients all;
  for (const v1::ConsentRecipient& recipient : consent.recipients()) {
    all.nouns.push_back(!recipient.provider().empty() ? "provider" : recipient.unit().empty() ? "client" : "unit");
    all.ids.push_back(recipient.provider() + recipient.unit() + recipient.client());
  }
  return all;
}

absl::StatusOr<std::optional<v1::Consent>> Find(Ask ask, const std::string& id) {
  const absl::StatusOr<Result> found = ask(kWithId, {id});
  if (!found.ok()) return found.status();
  if (found->empty()) return std::nullopt;
  const absl::StatusOr<Result> recipients = ask(kRecipientsOf, {id});
  if (!recipients.ok()) return recipients.status();
  return ConsentsOf(*found, *recipients)[0];
}

absl::Status CheckRoom(Write& write, const v1::Consent& consent) {
  const absl::StatusOr<Result> held = write.Execute(kHeld, {consent.resident(), consent.id()});
  if (!held.ok()) return held.status();
  if ((*held)[0].Int64("held") < kMostHeld) return absl::OkStatus();
  return rpc::Error(absl::StatusCode::kFailedPrecondition, "TOO_MANY_CONSENTS",
                    "a resident has at most 20 consents that hold; withdraw one, or name more recipients in one",
                    {{"resident", consent.resident()}});
}

absl::Status CheckRecipients(Write& write, const Recipients& recipients) {
  const absl::StatusOr<Result> missing = write.Execute(kMissing, {recipients.nouns, recipients.ids});
  if (!missing.ok()) return missing.status();
  if (missing->empty()) return absl::OkStatus();
  return NotThere((*missing)[0].String("noun"), (*missing)[0].String("id"));
}

absl::Status StoreConsent(Write& write, const v1::Consent& consent, const v1::Consent* /*before*/) {
  const Recipients recipients = RecipientsOf(consent);
  if (absl::Status status = CheckRoom(write, consent); !status.ok()) return status;
  if (absl::Status status = CheckRecipients(write, recipients); !status.ok()) return status;
  const absl::Status put =
      write
          .Execute(kPut, {consent.id(), consent.resident(), static_cast<int>(consent.giver()), consent.cohabitant(),
                          consent.cohabitants(), static_cast<int>(consent.use()), ToChrono(consent.start_at()),
                          EndOf(consent), static_cast<int>(consent.form()), consent.revision()})
          .status();
  if (!put.ok()) return put;
  if (absl::Status gone = write.Execute(kForgetRecipients, {consent.id()}).status(); !gone.ok()) return gone;
  return write.Execute(kAddRecipients, {consent.id(), recipients.nouns, recipients.ids}).status();
}

}  // namespace

absl::StatusOr<std::optional<v1::Consent>> PostgresPrivacyStore::FindConsent(const std::string& id) {
  return Find([this](std::string_view sql, Params params) { return database_.Query(sql, params); }, id);
}

absl::StatusOr<std::vector<v1::Consent>> PostgresPrivacyStore::ListConsents(const PrivacyQuery& query) {
  const absl::StatusOr<Result> found = database_.Query(kList, {query.resident, query.after, query.limit});
  if (!found.ok()) return found.status();
  const absl::StatusOr<Result> recipients = database_.Query(kListRecipients, {query.resident, query.after});
  if (!recipients.ok()) return recipients.status();
  return ConsentsOf(*found, *recipients);
}

absl::StatusOr<v1::Consent> PostgresPrivacyStore::PutConsent(const Actor& actor, const v1::Consent& consent,
                                                             const Before<v1::Consent>& guard) {
  v1::Consent wished = consent;
  const auto find = [&](Write& write) -> absl::StatusOr<std::optional<v1::Consent>> {
    auto found = Find([&](std::string_view sql, Params params) { return write.Execute(sql, params); }, consent.id());
    if (!found.ok()) return found;
    const absl::Status begun = BeginNow(write, consent, *found, wished);
    return begun.ok() ? found : begun;
  };
  return Run(
      database_, actor,
      VersionedPut<v1::Consent>{
          .noun = "consent", .wished = wished, .guard = guard, .find = find, .store = StoreConsent, .audited = {}});
}

absl::StatusOr<v1::Consent> PostgresPrivacyStore::WithdrawConsent(const Actor& actor, const std::string& id,
                                                                  const std::string& reason) {
  v1::Consent after;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const auto ask = [&](std::string_view sql, Params params) { return write.Execute(sql, params); };
    const auto before = Find(ask, id);
    if (!before.ok()) return before.status();
    if (!before->has_value()) return NotThere("consent", id);
    after = **before;
    if (after.has_withdrawn_at()) return absl::OkStatus();
    const absl::Status done = write.Execute(kWithdraw, {id, reason, write.revision()}).status();
    if (!done.ok()) return done;
    const auto stored = Find(ask, id);
    if (!stored.ok()) return stored.status();
    after = **stored;
    return write.AuditChange("withdraw", "consent", id, **before, after);
  });
  if (!status.ok()) return status;
  return after;
}

}  // namespace nara::registry
