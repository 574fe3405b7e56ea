#include <CLI/CLI.hpp>

#include "common/rpc/library.h"
#include "tools/fleet/commands.h"

int main(int argc, char** argv) {
  const nara::rpc::Library grpc;
  CLI::App app("Simulates the devices and the staff of a county.", "nara-fleet");
  app.require_subcommand(1);
  nara::fleet::ExitCode code = 0;
  nara::fleet::AddCommands(app, code);
  CLI11_PARSE(app, argc, argv);
  return code;
}
