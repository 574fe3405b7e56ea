#include "absl/strings/str_join.h"
#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

using registry::v1::Provider;

struct ListOptions {
  std::string principal;
};

struct ProviderOptions {
  std::string id;
  std::string name;
  std::vector<std::string> principals;
  std::string number;
  std::string hsa_id;
  std::string activity = "health_care";
  std::string ownership = "public";
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

// Calls `visit` with each provider.
absl::Status ForEachProvider(tools::RegistryClient& registry, const std::string& principal,
                             const std::function<void(const Provider&)>& visit) {
  registry::v1::ListProvidersRequest request;
  request.set_principal(principal);
  request.set_page_size(1000);
  return ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    request.set_page_token(token);
    const auto page = registry.ListProviders(request);
    if (!page.ok()) return page.status();
    for (const Provider& provider : page->providers()) visit(provider);
    return page->next_page_token();
  });
}

absl::Status ForEachPart(tools::RegistryClient& registry, const PartiesOptions& options,
                         const std::function<void(const registry::v1::Participation&)>& visit) {
  registry::v1::ListParticipationsRequest request;
  request.set_agreement(options.agreement);
  request.set_principal(options.principal);
  request.set_page_size(1000);
  if (!options.at.empty()) {
    const auto at = TimeOf(options.at);
    if (!at.ok()) return at.status();
    *request.mutable_at() = *at;
  }
  return ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    request.set_page_token(token);
    const auto page = registry.ListParticipations(request);
    if (!page.ok()) return page.status();
    for (const auto& part : page->participations()) visit(part);
    return page->next_page_token();
  });
}

absl::Status ListProviders(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  Table table{{"PROVIDER", "PRINCIPALS", "ACTIVITY", "NUMBER", "NAME"}};
  std::vector<std::string> lines;
  const absl::Status status = ForEachProvider(registry, options.principal, [&](const Provider& provider) {
    table.push_back({provider.id(), absl::StrJoin(provider.principals(), " "),
                     WordOf("PROVIDER_ACTIVITY_", ProviderActivity_Name(provider.activity())),
                     provider.organisation_number(), provider.name()});
    lines.push_back(ToJson(provider));
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

absl::StatusOr<Provider> Wished(const ProviderOptions& options, const std::string& principal) {
  const auto activity = EnumOf("PROVIDER_ACTIVITY_", options.activity, registry::v1::ProviderActivity_Parse);
  if (!activity.ok()) return activity.status();
  const auto ownership = EnumOf("OWNERSHIP_", options.ownership, registry::v1::Ownership_Parse);
  if (!ownership.ok()) return ownership.status();
  Provider provider;
  provider.set_id(options.id);
  provider.set_name(options.name);
  for (const std::string& one : options.principals) provider.add_principals(one);
  if (options.principals.empty()) provider.add_principals(principal);
  provider.set_organisation_number(options.number);
  provider.set_hsa_id(options.hsa_id);
  provider.set_activity(*activity);
  provider.set_ownership(*ownership);
  return provider;
}

absl::Status PutProvider(Session& session, const ProviderOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  absl::StatusOr<Provider> provider = Wished(options, call->persona.principal);
  if (!provider.ok()) return provider.status();
  const absl::Status read = ForEachProvider(registry, "", [&](const Provider& known) {
    if (known.id() == options.id) provider->set_revision(known.revision());
  });
  if (!read.ok()) return read;
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
  const auto listed = tools::RegistryClient(call->demo.registry, call->tls).ListAgreements({});
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
  tools::RegistryClient registry(call->demo.registry, call->tls);
  registry::v1::PutParticipationRequest request;
  auto& part = *request.mutable_participation();
  part.set_id(options.id);
  part.set_agreement(options.agreement);
  part.set_principal(options.principal.empty() ? call->persona.principal : options.principal);
  absl::Status status = SetPeriod(options.from, options.until, part);
  if (!status.ok()) return status;
  status = ForEachPart(registry, {.agreement = part.agreement(), .principal = part.principal(), .at = {}},
                       [&](const registry::v1::Participation& known) {
                         if (known.id() == options.id) part.set_revision(known.revision());
                       });
  if (!status.ok()) return status;
  const auto put = registry.PutParticipation(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->participation()) : put->participation().id());
  return absl::OkStatus();
}

absl::Status Parties(Session& session, const PartiesOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  Table table{{"PARTICIPATION", "AGREEMENT", "PRINCIPAL", "FROM", "UNTIL"}};
  std::vector<std::string> lines;
  const absl::Status status = ForEachPart(registry, options, [&](const registry::v1::Participation& part) {
    table.push_back({part.id(), part.agreement(), part.principal(), TextOf(true, part.start_at()),
                     TextOf(part.has_end_at(), part.end_at())});
    lines.push_back(ToJson(part));
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

void DescribeProvider(CLI::App& command, ProviderOptions& options) {
  command.add_option("id", options.id, "the provider's id")->required();
  command.add_option("--name", options.name, "its name")->required();
  command.add_option("--principal", options.principals, "for whom it works, also several; by default the persona's");
  command.add_option("--organisation-number", options.number, "ten digits");
  command.add_option("--hsa-id", options.hsa_id, "its HSA-id");
  command.add_option("--activity", options.activity, "health_care or social_care");
  command.add_option("--ownership", options.ownership, "public or private");
}

void DescribeJoin(CLI::App& command, JoinOptions& options) {
  command.add_option("agreement", options.agreement, "the agreement")->required();
  command.add_option("--id", options.id, "of the participation; name it to end one");
  command.add_option("--principal", options.principal, "by default the persona's");
  command.add_option("--from", options.from, "first day")->required();
  command.add_option("--until", options.until, "the day from which no more");
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
  AddCommand<ProviderOptions>(provider, session, "put", "Creates a provider or changes it.", DescribeProvider,
                              PutProvider);
  CLI::App& agreement = *app.add_subcommand("agreement", "Agreements, and who takes part.");
  agreement.require_subcommand(1);
  AddCommand<NoOptions>(agreement, session, "list", "Lists them.", [](CLI::App&, NoOptions&) {}, ListAgreements);
  AddCommand<JoinOptions>(agreement, session, "join", "A principal takes part for a period.", DescribeJoin, Join);
  AddCommand<PartiesOptions>(agreement, session, "parties", "Lists who takes part.", DescribeParties, Parties);
}

}  // namespace nara::naractl
