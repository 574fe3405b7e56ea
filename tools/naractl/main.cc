#include <iostream>

#include "common/rpc/library.h"
#include "tools/naractl/command.h"
#include "tools/naractl/mistyped.h"
#include "tools/platform/reason.h"

namespace nara::naractl {
namespace {

// Prints what the parser has to say: help, the version, or what is wrong.
int Say(const CLI::App& app, const CLI::ParseError& error) {
  const std::string mistyped = error.get_exit_code() == 0 ? "" : MistypedOf(app);
  if (mistyped.empty()) return app.exit(error) == 0 ? kDone : kUsage;
  std::cerr << "naractl: " << mistyped << "\nRun with --help for more information.\n";
  return kUsage;
}

// As CLI11 asks: what is wrong, empty for nothing.
std::string ReasonFits(const std::string& reason) {
  if (tools::EncodeReason(reason).size() <= tools::kLongestReason) return "";
  return "is too long: " + std::to_string(tools::kLongestReason) +
         " characters, or fewer where it has others than ASCII";
}

int Run(int argc, const char* const* argv) {
  const rpc::Library grpc;
  Session session;
  CLI::App app("Administers a running Nära.", "naractl");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "naractl " NARA_VERSION);
  app.add_option("--demo", session.demo_path, "demo.json; by default found from here upward");
  app.add_option("--as", session.persona, "persona of the demo, or client in --pki, to call as");
  app.add_option("--registry", session.registry, "an installation's registry, HOST:PORT, in place of a demo")
      ->needs(app.add_option("--pki", session.pki, "folder with ca.crt, and .crt and .key of nara-admin or of --as"));
  app.add_option("--reason", session.reason, "why, for the audit; no personal data")->check(ReasonFits);
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
    return Say(app, error);
  }
  return session.code;
}

}  // namespace
}  // namespace nara::naractl

int main(int argc, char** argv) {
  return nara::naractl::Run(argc, argv);
}
