#pragma once

namespace CLI {
class App;
}

namespace nara::fleet {

// 0 done, 1 failed with the reason on standard error.
using ExitCode = int;

// Adds setup, run, check and replay, each of which sets `code` when it ran.
void AddCommands(CLI::App& app, ExitCode& code);

}  // namespace nara::fleet
