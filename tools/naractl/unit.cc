#include "tools/naractl/command.h"
#include "tools/naractl/forms.h"
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
  std::string hsa_id;
  std::string kind = "unspecified";
  std::vector<std::string> regimes;
};

absl::Status ForEachUnit(tools::RegistryClient& registry, const std::string& principal,
                         const std::function<void(const registry::v1::Unit&)>& visit) {
  registry::v1::ListUnitsRequest request;
  request.set_principal(principal);
  request.set_page_size(1000);
  return ForEachPage([&](const std::string& token) -> absl::StatusOr<std::string> {
    request.set_page_token(token);
    const auto page = registry.ListUnits(request);
    if (!page.ok()) return page.status();
    for (const auto& unit : page->units()) visit(unit);
    return page->next_page_token();
  });
}

absl::Status List(Session& session, const ListOptions& options) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  Table table{{"UNIT", "PRINCIPAL", "PROVIDER", "KIND", "NAME"}};
  std::vector<std::string> lines;
  const absl::Status status = ForEachUnit(registry, options.principal, [&](const registry::v1::Unit& unit) {
    table.push_back(
        {unit.id(), unit.principal(), unit.provider(), WordOf("UNIT_KIND_", UnitKind_Name(unit.kind())), unit.name()});
    lines.push_back(ToJson(unit));
  });
  if (!status.ok()) return status;
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

absl::StatusOr<registry::v1::Unit> Wished(const PutOptions& options) {
  const auto kind = EnumOf("UNIT_KIND_", options.kind, registry::v1::UnitKind_Parse);
  if (!kind.ok()) return kind.status();
  registry::v1::Unit unit;
  unit.set_id(options.id);
  unit.set_name(options.name);
  unit.set_provider(options.provider);
  unit.set_hsa_id(options.hsa_id);
  unit.set_kind(*kind);
  for (const std::string& word : options.regimes) {
    const auto regime = EnumOf("REGIME_", word, registry::v1::Regime_Parse);
    if (!regime.ok()) return regime.status();
    unit.add_regimes(*regime);
  }
  if (options.regimes.empty()) unit.add_regimes(registry::v1::REGIME_HSL);
  return unit;
}

absl::Status Put(Session& session, const PutOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  tools::RegistryClient registry(call->demo.registry, call->tls);
  absl::StatusOr<registry::v1::Unit> unit = Wished(options);
  if (!unit.ok()) return unit.status();
  unit->set_principal(options.principal.empty() ? call->persona.principal : options.principal);
  const absl::Status read = ForEachUnit(registry, unit->principal(), [&](const registry::v1::Unit& known) {
    if (known.id() == options.id) unit->set_revision(known.revision());
  });
  if (!read.ok()) return read;
  registry::v1::PutUnitRequest request;
  *request.mutable_unit() = *unit;
  const auto put = registry.PutUnit(request);
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
      group, session, "put", "Creates a unit or changes it.",
      [](CLI::App& command, PutOptions& options) {
        command.add_option("id", options.id, "the unit's id")->required();
        command.add_option("--name", options.name, "its name")->required();
        command.add_option("--provider", options.provider, "its care provider")->required();
        command.add_option("--principal", options.principal, "by default the persona's");
        command.add_option("--kind", options.kind, "home_help, primary_care, ...");
        command.add_option("--regime", options.regimes, "hsl, sol, lss, also several; by default hsl");
        command.add_option("--hsa-id", options.hsa_id, "its HSA-id");
      },
      Put);
}

}  // namespace nara::naractl
