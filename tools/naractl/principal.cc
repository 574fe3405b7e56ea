#include "tools/naractl/command.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct NoOptions {};

absl::Status List(Session& session, const NoOptions& /*options*/) {
  const auto call = session.Begin("operator");
  if (!call.ok()) return call.status();
  const auto listed = tools::RegistryClient(call->demo.registry, call->tls, call->reason).ListPrincipals();
  if (!listed.ok()) return listed.status();
  Table table{{"PRINCIPAL", "NAME", "FEDERATION", "INHABITANTS", "DEVICES"}};
  std::vector<std::string> lines;
  for (const auto& principal : listed->principals()) {
    int64_t devices = 0;
    for (const auto& group : principal.device_counts()) devices += group.count();
    table.push_back({principal.id(), principal.name(), principal.federation(), std::to_string(principal.population()),
                     std::to_string(devices)});
    lines.push_back(ToJson(principal));
  }
  session.json ? PrintJsonList(lines) : PrintTable(table);
  return absl::OkStatus();
}

}  // namespace

void AddPrincipalCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("principal", "The region and the municipalities.");
  group.require_subcommand(1);
  AddCommand<NoOptions>(group, session, "list", "Lists them with their devices.", [](CLI::App&, NoOptions&) {}, List);
}

}  // namespace nara::naractl
