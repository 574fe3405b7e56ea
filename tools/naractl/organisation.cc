#include "absl/strings/str_join.h"
#include "tools/naractl/command.h"
#include "tools/naractl/edits.h"
#include "tools/naractl/forms.h"
#include "tools/naractl/list.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

using registry::v1::Provider;

struct ListOptions {
  std::string principal;
};

struct ProviderOptions {
  std::string id;
  Edits<Provider> edits;
};

struct NoOptions {};

struct JoinOptions {
  std::string id;
  std::string agreement;
  std::string principal;
  std::string from;
  std::string until;
};

struct PartiesOptions {
  std::string agreement;
  std::string principal;
  std::string at;
};

// Asks for the providers, page by page.
auto ProviderPages(tools::RegistryClient& registry, const std::string& principal) {
  registry::v1::ListProvidersRequest request;
  request.set_principal(principal);
  request.set_page_size(1000);
  return [&registry, request](const std::string& token) mutable {
    request.set_page_token(token);
    return registry.ListProviders(request);
  };
}

const auto& ProvidersOf(const registry::v1::ListProvidersResponse& page) {
  return page.providers();
}

std::vector<std::string> ProviderRow(const Provider& provider) {
  return {provider.id(), absl::StrJoin(provider.principals(), " "),
          WordOf("PROVIDER_ACTIVITY_", ProviderActivity_Name(provider.activity())), provider.organisation_number(),
          provider.name()};
}

absl::Status ListProviders(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  return PrintList(session, {{"PROVIDER", "PRINCIPALS", "ACTIVITY", "NUMBER", "NAME"}},
                   ProviderPages(registry, options.principal), ProvidersOf, ProviderRow);
}

// Asks for the participations, page by page.
auto PartPages(tools::RegistryClient& registry, registry::v1::ListParticipationsRequest request) {
  request.set_page_size(1000);
  return [&registry, request](const std::string& token) mutable {
    request.set_page_token(token);
    return registry.ListParticipations(request);
  };
}

const auto& PartsOf(const registry::v1::ListParticipationsResponse& page) {
  return page.participations();
}

std::vector<std::string> PartRow(const registry::v1::Participation& part) {
  return {part.id(), part.agreement(), part.principal(), TextOf(true, part.start_at()),
          TextOf(part.has_end_at(), part.end_at())};
}

// The provider as it is stored, else a new one.
absl::StatusOr<Provider> Stored(tools::RegistryClient& registry, const std::string& id, const std::string& principal) {
  Provider provider;
  provider.set_id(id);
  if (!principal.empty()) provider.add_principals(principal);
  provider.set_activity(registry::v1::PROVIDER_ACTIVITY_HEALTH_CARE);
  provider.set_ownership(registry::v1::OWNERSHIP_PUBLIC);
  const absl::Status read = ForEachItem(ProviderPages(registry, ""), ProvidersOf, [&](const Provider& known) {
    if (known.id() == id) provider = known;
  });
  if (!read.ok()) return read;
  return provider;
}

absl::Status SetActivity(const std::string& word, Provider& provider) {
  const auto activity = EnumOf<registry::v1::ProviderActivity>("PROVIDER_ACTIVITY_", word);
  if (activity.ok()) provider.set_activity(*activity);
  return activity.status();
}

absl::Status SetOwnership(const std::string& word, Provider& provider) {
  const auto ownership = EnumOf<registry::v1::Ownership>("OWNERSHIP_", word);
  if (ownership.ok()) provider.set_ownership(*ownership);
  return ownership.status();
}

absl::Status PutProvider(Session& session, const ProviderOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  absl::StatusOr<Provider> provider = Stored(registry, options.id, call->persona.principal);
  if (!provider.ok()) return provider.status();
  if (absl::Status status = Apply(options.edits, *provider); !status.ok()) return status;
  if (provider->name().empty()) return absl::InvalidArgumentError("a provider has a name: give --name");
  registry::v1::PutProviderRequest request;
  *request.mutable_provider() = *provider;
  const auto put = registry.PutProvider(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->provider()) : "provider " + put->provider().id() + " stored");
  return absl::OkStatus();
}

absl::Status ListAgreements(Session& session, const NoOptions& /*options*/) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  const auto listed = tools::RegistryClient(call->demo.registry, call->tls, call->reason).ListAgreements({});
  if (!listed.ok()) return listed.status();
  Table table{{"AGREEMENT", "REGION", "MUNICIPALITIES", "NAME"}};
  std::vector<std::string> lines;
  for (const auto& agreement : listed->agreements()) {
    table.push_back({agreement.id(), agreement.for_region() ? "yes" : "", agreement.for_municipalities() ? "yes" : "",
                     agreement.name()});
    lines.push_back(ToJson(agreement));
  }
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

absl::Status Join(Session& session, const JoinOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  registry::v1::PutParticipationRequest request;
  auto& part = *request.mutable_participation();
  part.set_id(options.id);
  part.set_agreement(options.agreement);
  part.set_principal(options.principal.empty() ? call->persona.principal : options.principal);
  absl::Status status = SetPeriod(options.from, options.until, part);
  if (!status.ok()) return status;
  registry::v1::ListParticipationsRequest known;
  known.set_agreement(part.agreement());
  known.set_principal(part.principal());
  status = ForEachItem(PartPages(registry, known), PartsOf, [&](const registry::v1::Participation& one) {
    if (one.id() == options.id) KeepOf(one, options.until, part);
  });
  if (!status.ok()) return status;
  const auto put = registry.PutParticipation(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->participation()) : put->participation().id());
  return absl::OkStatus();
}

absl::Status Parties(Session& session, const PartiesOptions& options) {
  registry::v1::ListParticipationsRequest request;
  request.set_agreement(options.agreement);
  request.set_principal(options.principal);
  if (!options.at.empty()) {
    const auto at = TimeOf(options.at);
    if (!at.ok()) return at.status();
    *request.mutable_at() = *at;
  }
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls, call->reason);
  return PrintList(session, {{"PARTICIPATION", "AGREEMENT", "PRINCIPAL", "FROM", "UNTIL"}},
                   PartPages(registry, request), PartsOf, PartRow);
}

void DescribeProvider(CLI::App& command, ProviderOptions& options) {
  using Text = std::string;
  using Texts = std::vector<std::string>;
  auto& edits = options.edits;
  command.add_option("id", options.id, "the provider's id")->required();
  AddEdit<Text>(command, "--name", "its name", edits, [](const Text& text, Provider& one) { one.set_name(text); });
  AddEdit<Texts>(command, "--principal", "for whom it works, all of them; of a new one by default the persona's", edits,
                 [](const Texts& ids, Provider& one) { one.mutable_principals()->Assign(ids.begin(), ids.end()); });
  AddEdit<Text>(command, "--organisation-number", "ten digits", edits,
                [](const Text& text, Provider& one) { one.set_organisation_number(text); });
  AddEdit<Text>(command, "--hsa-id", "its HSA-id", edits,
                [](const Text& text, Provider& one) { one.set_hsa_id(text); });
  AddEdit<Text>(command, "--activity", "health_care or social_care", edits, SetActivity);
  AddEdit<Text>(command, "--ownership", "public or private", edits, SetOwnership);
}

void DescribeJoin(CLI::App& command, JoinOptions& options) {
  command.add_option("agreement", options.agreement, "the agreement")->required();
  command.add_option("--id", options.id, "of the participation; name it to end one");
  command.add_option("--principal", options.principal, "by default the persona's");
  command.add_option("--from", options.from, "first day")->required();
  command.add_option("--until", options.until, "the day from which no more; open: none");
}

void DescribeParties(CLI::App& command, PartiesOptions& options) {
  command.add_option("--agreement", options.agreement, "only in this one");
  command.add_option("--principal", options.principal, "only of this one");
  command.add_option("--at", options.at, "only at this time");
}

}  // namespace

void AddOrganisationCommands(CLI::App& app, Session& session) {
  CLI::App& provider = *app.add_subcommand("provider", "Care and social-care providers.");
  provider.require_subcommand(1);
  AddCommand<ListOptions>(
      provider, session, "list", "Lists providers.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
      },
      ListProviders);
  AddCommand<ProviderOptions>(provider, session, "put", "Creates a provider, or changes what is named of it.",
                              DescribeProvider, PutProvider);
  CLI::App& agreement = *app.add_subcommand("agreement", "Agreements, and who takes part.");
  agreement.require_subcommand(1);
  AddCommand<NoOptions>(agreement, session, "list", "Lists them.", [](CLI::App&, NoOptions&) {}, ListAgreements);
  AddCommand<JoinOptions>(agreement, session, "join", "A principal takes part for a period.", DescribeJoin, Join);
  AddCommand<PartiesOptions>(agreement, session, "parties", "Lists who takes part.", DescribeParties, Parties);
}

}  // namespace nara::naractl
