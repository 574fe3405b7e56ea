#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "tools/naractl/session.h"

namespace nara::naractl {

// Adds a command whose options live in an Options of its own; `run` gets them
// when it was called, and its error is reported.
template <typename Options>
void AddCommand(CLI::App& group, Session& session, const std::string& name, const std::string& what,
                const std::function<void(CLI::App&, Options&)>& describe,
                const std::function<absl::Status(Session&, const Options&)>& run) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = group.add_subcommand(name, what);
  describe(*command, *options);
  command->callback([options, run, &session] { session.Report(run(session, *options)); });
}

// Calls `next(page_token)`, which returns the token of the next page, until that
// is empty.
absl::Status ForEachPage(const std::function<absl::StatusOr<std::string>(const std::string&)>& next);

// Each adds one group of commands.
void AddDeviceCommands(CLI::App& app, Session& session);
void AddResidentCommands(CLI::App& app, Session& session);
void AddUnitCommands(CLI::App& app, Session& session);
void AddOrganisationCommands(CLI::App& app, Session& session);
void AddStaffCommands(CLI::App& app, Session& session);
void AddIdentityCommands(CLI::App& app, Session& session);
void AddChainCommands(CLI::App& app, Session& session);
void AddProductCommands(CLI::App& app, Session& session);
// What chains would do, in the group of chain.
void AddExplainCommands(CLI::App& group, Session& session);
void AddReceiverCommands(CLI::App& app, Session& session);
void AddPlanCommands(CLI::App& app, Session& session);
void AddConsentCommands(CLI::App& app, Session& session);
void AddBlockCommands(CLI::App& app, Session& session);
void AddPrincipalCommands(CLI::App& app, Session& session);
void AddAssignmentCommands(CLI::App& app, Session& session);
// In the group of assignment.
void AddCostCommands(CLI::App& group, Session& session);
void AddHandOverCommands(CLI::App& app, Session& session);
void AddAlertCommands(CLI::App& app, Session& session);
void AddObservationCommands(CLI::App& app, Session& session);
void AddDeviceCommandCommands(CLI::App& app, Session& session);
void AddQuarantineCommands(CLI::App& app, Session& session);
// What becomes of an entry, in the group of quarantine.
void AddQuarantineDecisions(CLI::App& group, Session& session);
void AddClientCommands(CLI::App& app, Session& session);
void AddAuditCommands(CLI::App& app, Session& session);

}  // namespace nara::naractl
