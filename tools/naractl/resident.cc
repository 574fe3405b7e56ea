#include "tools/naractl/command.h"
#include "tools/platform/registry_client.h"

namespace nara::naractl {
namespace {

struct CreateOptions {
  std::string id;
  std::string principal;
};

absl::Status Create(Session& session, const CreateOptions& options) {
  const auto call = session.Begin("principal_admin");
  if (!call.ok()) return call.status();
  registry::v1::CreateResidentRequest request;
  request.set_resident(options.id);
  request.set_principal(options.principal.empty() ? call->persona.principal : options.principal);
  const auto created = tools::RegistryClient(call->demo.registry, call->tls, call->reason).CreateResident(request);
  if (!created.ok()) return created.status();
  PrintLine(session.json ? ToJson(*created) : created->resident());
  return absl::OkStatus();
}

}  // namespace

void AddResidentCommands(CLI::App& app, Session& session) {
  CLI::App& group = *app.add_subcommand("resident", "Residents, under opaque ids.");
  group.require_subcommand(1);
  AddCommand<CreateOptions>(
      group, session, "create", "Creates a resident and prints the id.",
      [](CLI::App& command, CreateOptions& options) {
        command.add_option("--id", options.id, "an opaque id; by default given by the registry");
        command.add_option("--principal", options.principal, "by default the persona's");
      },
      Create);
}

}  // namespace nara::naractl
