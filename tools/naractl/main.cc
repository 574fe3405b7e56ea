#include "common/rpc/library.h"
#include "tools/naractl/command.h"

namespace nara::naractl {
namespace {

int Run(int argc, const char* const* argv) {
  const rpc::Library grpc;
  Session session;
  CLI::App app("Administers a running Nära.", "naractl");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--demo", session.demo_path, "demo.json; by default found from here upward");
  app.add_option("--as", session.persona, "persona of the demo to call as");
  app.add_option("--registry", session.registry, "an installation's registry, HOST:PORT, for client commands")
      ->needs(app.add_option("--pki", session.pki, "folder with ca.crt, nara-admin.crt and nara-admin.key"));
  app.add_flag("--json", session.json, "JSON in place of a table");
  AddDeviceCommands(app, session);
  AddResidentCommands(app, session);
  AddIdentityCommands(app, session);
  AddUnitCommands(app, session);
  AddOrganisationCommands(app, session);
  AddStaffCommands(app, session);
  AddChainCommands(app, session);
  AddProductCommands(app, session);
  AddReceiverCommands(app, session);
  AddPlanCommands(app, session);
  AddConsentCommands(app, session);
  AddBlockCommands(app, session);
  AddPrincipalCommands(app, session);
  AddAssignmentCommands(app, session);
  AddHandOverCommands(app, session);
  AddAlertCommands(app, session);
  AddObservationCommands(app, session);
  AddDeviceCommandCommands(app, session);
  AddQuarantineCommands(app, session);
  AddClientCommands(app, session);
  AddAuditCommands(app, session);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return session.code;
}

}  // namespace
}  // namespace nara::naractl

int main(int argc, char** argv) {
  return nara::naractl::Run(argc, argv);
}
