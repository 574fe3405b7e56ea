#include "tools/fleet/commands.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>

#include "common/rpc/error.h"
#include "tools/fleet/check.h"
#include "tools/fleet/county.h"
#include "tools/fleet/replay.h"
#include "tools/fleet/run.h"
#include "tools/fleet/setup.h"

namespace nara::fleet {
namespace {

ExitCode Report(const absl::Status& status) {
  if (status.ok()) return 0;
  const std::string reason = rpc::ReasonOf(status);
  std::cerr << "nara-fleet: " << (reason.empty() ? "" : reason + ": ") << status.message() << "\n";
  return 1;
}

void AddTls(CLI::App& command, config::Tls& tls) {
  command.add_option("--tls-ca", tls.ca, "our CA, PEM")->required();
  command.add_option("--tls-cert", tls.cert, "certificate to call with, PEM")->required();
  command.add_option("--tls-key", tls.key, "its key, PEM")->required();
}

void AddSetup(CLI::App& app, ExitCode& code) {
  auto options = std::make_shared<SetupOptions>();
  options->devices = kCountyDevices;
  CLI::App& command = *app.add_subcommand("setup", "Registers the simulated county; again changes nothing.");
  command.add_option("--state", options->state, "folder for the devices' credentials")->required();
  command.add_option("--registry", options->registry, "device registry, host:port")->required();
  AddTls(command, options->tls);
  command.add_option("--personas", options->personas, "JSON list of clients")->required();
  command.add_option("--catalogue", options->catalogue, "the catalogue's folder")->required();
  command.add_option("--output", options->output, "where to describe the sample devices")->required();
  command.add_option("--devices", options->devices, "size of the fleet; 0 for the samples alone")
      ->capture_default_str()
      ->check(CLI::Range(0, 100'000));
  command.add_option("--seed", options->seed, "another county")->capture_default_str();
  command.add_option("--centre-seconds", options->centre_seconds, "first step of a chain")->capture_default_str();
  command.add_option("--staff-seconds", options->staff_seconds, "second step")->capture_default_str();
  command.add_option("--fallback-seconds", options->fallback_seconds, "last step")->capture_default_str();
  command.callback([options, &code] { code = Report(SetUp(*options)); });
}

void AddRun(CLI::App& app, ExitCode& code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App& command = *app.add_subcommand("run", "Runs the devices and the staff that setup made.");
  command.add_option("--state", options->state, "folder that setup wrote")->required();
  command.add_option("--mqtt", options->mqtt, "MQTT server, host:port")->required();
  command.add_option("--alerts", options->alerts, "alert router, host:port")->required();
  AddTls(command, options->tls);
  command.add_option("--catalogue", options->catalogue, "the catalogue's folder")->required();
  command.add_option("--seed", options->seed, "as in setup")->capture_default_str();
  command.add_option("--devices", "ignored: setup has decided it");
  command.add_option("--speed", options->speed, "how much faster than real the days go")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.callback([options, &code] { code = Report(Run(*options)); });
}

void AddCheck(CLI::App& app, ExitCode& code) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App& command = *app.add_subcommand("check", "Measures a running demo; prints one JSON object.");
  command.add_option("--demo", options->demo, "demo.json; by default the one of this checkout");
  command.add_option("--fleet-state", options->fleet_state, "state folder of setup and run");
  command.add_option("--measurements", options->measurements, "how many to measure")->capture_default_str();
  command.add_option("--alarms", options->alarms, "how many to measure")->capture_default_str();
  command.add_option("--load-measurements", options->load_measurements_per_second, "a second")->capture_default_str();
  command.add_option("--load-alarms", options->load_alarms_per_second, "a second")->capture_default_str();
  command.callback([options, &code] { code = Report(Check(*options)); });
}

void AddReplay(CLI::App& app, ExitCode& code) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App& command = *app.add_subcommand("replay", "Sends recorded glucose values through a running demo.");
  command.add_option("--demo", options->demo, "demo.json; by default the one of this checkout");
  command.add_option("--file", options->file, "patient,local_time,context,glucose_mg_per_dl")->required();
  command.add_flag("--keep-time", options->keep_time,
                   "times as recorded; else each series is moved to end within the last day");
  command.add_option("--tag", options->tag, "devices are called replay-<tag>-<patient>");
  command.add_flag("--json", options->json, "one JSON object");
  command.callback([options, &code] { code = Report(Replay(*options)); });
}

}  // namespace

void AddCommands(CLI::App& app, ExitCode& code) {
  AddSetup(app, code);
  AddRun(app, code);
  AddCheck(app, code);
  AddReplay(app, code);
}

}  // namespace nara::fleet
