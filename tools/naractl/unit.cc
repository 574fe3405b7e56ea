#include "tools/naractl/command.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct ListOptions {
  std::string principal;
};

struct PutOptions {
  std::string id;
  std::string name;
  std::string provider;
  std::string principal;
};

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  registry::v1::ListUnitsRequest request;
  request.set_principal(options.principal);
  request.set_page_size(1000);
  Table table{{"UNIT", "PRINCIPAL", "PROVIDER", "NAME"}};
  std::vector<std::string> lines;
  const absl::Status status = ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    request.set_page_token(token);
    const auto page = registry.ListUnits(request);
    if (!page.ok()) return page.status();
    for (const auto& unit : page->units()) {
      table.push_back({unit.id(), unit.principal(), unit.provider(), unit.name()});
      lines.push_back(ToJson(unit));
    }
    return page->next_page_token();
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

absl::Status Put(Session& session, const PutOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::PutUnitRequest request;
  auto& unit = *request.mutable_unit();
  unit.set_id(options.id);
  unit.set_name(options.name);
  unit.set_provider(options.provider);
  unit.set_principal(options.principal.empty() ? call->persona.principal : options.principal);
  unit.add_regimes(registry::v1::REGIME_HSL);
  const auto put = tools::RegistryClient(call->demo.registry, call->tls).PutUnit(request);
  if (!put.ok()) return put.status();
  PrintLine(session.json ? ToJson(put->unit()) : "unit " + put->unit().id() + " stored");
  return absl::OkStatus();
}

}  // namespace

void AddUnitCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("unit", "Units of care providers.");
  group.require_subcommand(1);
  AddCommand<ListOptions>(
      group, session, "list", "Lists units.",
      [](CLI::App& command, ListOptions& options) {
        command.add_option("--principal", options.principal, "only of this principal");
      },
      List);
  AddCommand<PutOptions>(
      group, session, "put", "Creates a unit or changes its name.",
      [](CLI::App& command, PutOptions& options) {
        command.add_option("id", options.id, "the unit's id")->required();
        command.add_option("--name", options.name, "its name")->required();
        command.add_option("--provider", options.provider, "its care provider")->required();
        command.add_option("--principal", options.principal, "by default the persona's");
      },
      Put);
}

}  // namespace nara::naractl
