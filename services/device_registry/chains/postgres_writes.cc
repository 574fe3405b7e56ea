// Writes of chains, receivers and of who leads.
#include <utility>

#include "common/access/authorizer.h"
#include "common/rpc/error.h"
#include "device_registry/chains/postgres_store.h"
#include "device_registry/chains/reading.h"
#include "device_registry/chains/rows.h"
#include "device_registry/postgres_rows.h"

namespace nara::registry {
namespace {

constexpr char kClientsWithIds[] = "select * from clients where id = any($1::text[])";

constexpr char kAddChain[] = R"sql(
insert into chains (unit, version, revision, holidays, fallback_step)
values ($1, $2::int, $3::bigint, $4::int, $5::int))sql";

constexpr char kAddSteps[] = R"sql(
insert into chain_steps (unit, version, step, receiver, accept_seconds, repeats, fallback)
select $1, $2::int, t.n, t.receiver, t.seconds, t.repeats, t.fallback
from unnest($3::text[], $4::int[], $5::int[], $6::bool[])
  with ordinality as t (receiver, seconds, repeats, fallback, n))sql";

constexpr char kAddTarget[] = R"sql(
insert into chain_targets (unit, version, step, target, receiver, role, schedule, competences)
values ($1, $2::int, $3::int, $4::int, $5, $6::int, $7::jsonb, $8::text[]))sql";

constexpr char kReceiver[] = R"sql(
select c.id, c.principal, r.content, r.revision from clients c left join receivers r using (id) where c.id = $1)sql";

constexpr char kPutReceiver[] = R"sql(
insert into receivers (id, content, revision) values ($1, $2::jsonb, $3::bigint)
on conflict (id) do update set content = excluded.content, revision = excluded.revision)sql";

constexpr char kSetLead[] = "update devices set lead = $2::int, revision = $3::bigint where id = $1";

// The same but for the revision.
template <typename Message>
bool SameContent(Message a, Message b) {
  a.clear_revision();
  b.clear_revision();
  return a.SerializeAsString() == b.SerializeAsString();
}

absl::Status Guard(Write& write, const v1::Chain& chain, const ReceiverGuard& guard) {
  std::vector<std::string> receivers;
  for (const v1::ChainStep& step : chain.steps()) {
    for (const v1::Target& target : TargetsOf(step)) receivers.push_back(target.receiver());
  }
  const absl::StatusOr<Result> clients = write.Execute(kClientsWithIds, {receivers});
  if (!clients.ok()) return clients.status();
  std::map<std::string, v1::Client> by_id;
  for (const Row row : *clients) by_id.emplace(row.String("id"), ClientOf(row));
  return guard(by_id);
}

absl::Status AddSteps(Write& write, const v1::Chain& chain) {
  std::vector<std::string> receivers;
  std::vector<std::uint32_t> seconds, repeats;
  std::vector<bool> fallbacks;
  for (const v1::ChainStep& step : chain.steps()) {
    receivers.push_back(step.receiver());
    seconds.push_back(step.accept_seconds());
    repeats.push_back(step.repeats());
    fallbacks.push_back(step.fallback());
  }
  return write.Execute(kAddSteps, {chain.unit(), chain.version(), receivers, seconds, repeats, fallbacks}).status();
}

absl::Status AddTargets(Write& write, const v1::Chain& chain) {
  for (int step = 0; step < chain.steps_size(); ++step) {
    for (int i = 0; i < chain.steps(step).targets_size(); ++i) {
      const v1::Target& target = chain.steps(step).targets(i);
      const std::optional<std::string> schedule =
          target.has_schedule() ? std::optional(DetailOf(target.schedule())) : std::nullopt;
      const std::vector<std::string> competences(target.competences().begin(), target.competences().end());
      const absl::Status added =
          write
              .Execute(kAddTarget, {chain.unit(), chain.version(), step + 1, i + 1, target.receiver(),
                                    static_cast<int>(target.role()), schedule, competences})
              .status();
      if (!added.ok()) return added;
    }
  }
  return absl::OkStatus();
}

absl::Status AddChain(Write& write, const v1::Chain& chain) {
  absl::Status added = write
                           .Execute(kAddChain, {chain.unit(), chain.version(), write.revision(),
                                                static_cast<int>(chain.holidays()), chain.steps_size()})
                           .status();
  if (added.ok()) added = AddSteps(write, chain);
  if (added.ok()) added = AddTargets(write, chain);
  return added.ok() ? write.Audit("put", "chain", chain.unit(), chain) : added;
}

absl::Status NotNext(const v1::Chain& chain, std::uint32_t next) {
  return rpc::Error(absl::StatusCode::kAborted, "CHAIN_VERSION",
                    "the chain's next version is " + std::to_string(next) + "; read it again",
                    {{"unit", chain.unit()}});
}

absl::Status Stale(const std::string& noun, const std::string& id) {
  return rpc::Error(absl::StatusCode::kAborted, "STALE_VERSION",
                    "the " + noun + " has been changed since it was read; read it again", {{noun, id}});
}

}  // namespace

absl::StatusOr<v1::Chain> PostgresChainStore::PutChain(const Actor& actor, const v1::Chain& chain,
                                                       const ReceiverGuard& guard) {
  v1::Chain stored;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const auto ask = [&](std::string_view sql, Params params) { return write.Execute(sql, params); };
    if (absl::Status guarded = Guard(write, chain, guard); !guarded.ok()) return guarded;
    absl::StatusOr<std::vector<v1::Chain>> newest = ReadNewestChains(ask, {chain.unit()});
    if (!newest.ok()) return newest.status();
    if (!newest->empty() && SameContent(newest->front(), chain)) {
      stored = std::move(newest->front());
      return absl::OkStatus();
    }
    const std::uint32_t next = newest->empty() ? 1 : newest->front().version() + 1;
    if (next != chain.version()) return NotNext(chain, next);
    stored = chain;
    stored.set_revision(static_cast<std::uint64_t>(write.revision()));
    return AddChain(write, chain);
  });
  if (!status.ok()) return status;
  return stored;
}

absl::StatusOr<v1::Receiver> PostgresChainStore::PutReceiver(const Actor& actor, const v1::Receiver& receiver,
                                                             const ClientGuard& guard) {
  v1::Receiver stored;
  const absl::Status status = database_.Run(actor, [&](Write& write) -> absl::Status {
    const absl::StatusOr<Result> clients = write.Execute(kClientsWithIds, {std::vector<std::string>{receiver.id()}});
    if (!clients.ok()) return clients.status();
    if (clients->empty()) return NotThere("receiver", receiver.id());
    if (absl::Status guarded = guard(ClientOf((*clients)[0])); !guarded.ok()) return guarded;
    const absl::StatusOr<Result> row = write.Execute(kReceiver, {receiver.id()});
    if (!row.ok()) return row.status();
    const v1::Receiver known = ReceiverOf((*row)[0]);
    stored = receiver;
    stored.set_principal(known.principal());
    stored.set_revision(known.revision());
    if (known.revision() != 0 && SameContent(known, stored)) return absl::OkStatus();
    if (known.revision() != receiver.revision()) return Stale("receiver", receiver.id());
    stored.set_revision(static_cast<std::uint64_t>(write.revision()));
    const absl::Status put = write.Execute(kPutReceiver, {receiver.id(), DetailOf(stored), write.revision()}).status();
    return put.ok() ? write.AuditChange("put", "receiver", receiver.id(), known, stored) : put;
  });
  if (!status.ok()) return status;
  return stored;
}

absl::Status PostgresChainStore::SetLead(const Actor& actor, const v1::SetChainLeadRequest& request,
                                         const RouteGuard& guard) {
  return database_.Run(actor, [&](Write& write) -> absl::Status {
    const auto ask = [&](std::string_view sql, Params params) { return write.Execute(sql, params); };
    const absl::StatusOr<std::optional<v1::Route>> route = ReadRoute(ask, request.device());
    if (!route.ok()) return route.status();
    if (!route->has_value()) return NotThere("device", request.device());
    const absl::StatusOr<google::protobuf::Timestamp> now = write.Now();
    if (!now.ok()) return now.status();
    if (absl::Status guarded = guard(**route, *now); !guarded.ok()) return guarded;
    if ((*route)->lead() == request.lead()) return absl::OkStatus();
    if ((*route)->lead() != request.before()) return Stale("device", request.device());
    const absl::Status set =
        write.Execute(kSetLead, {request.device(), static_cast<int>(request.lead()), write.revision()}).status();
    return set.ok() ? write.Audit("set_lead", "device", request.device(), request) : set;
  });
}

}  // namespace nara::registry
