#include "common/app/process.h"

#include <signal.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>

#include "common/config/shared.h"
#include "common/log/log.h"
#include "common/metrics/endpoint.h"

namespace nara::app {
namespace {

constexpr const char* kComponent = "process";
constexpr int kExitStart = 1;
constexpr int kExitUsage = 2;
constexpr int kExitDeadline = 3;

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Before the first thread: each inherits it.
void BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t set = StopSignals();
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

int WaitForStopSignal() {
  const sigset_t set = StopSignals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  return number;
}

[[noreturn]] void EndAtOnce(const char* why) {
  log::Error(kComponent, why);
  _exit(kExitDeadline);
}

// Ends the process when a stop takes too long or somebody asks a second time.
class StopGuard {
 public:
  explicit StopGuard(absl::Duration deadline)
      : thread_([deadline](const std::stop_token& stop) { Watch(stop, deadline); }) {}

 private:
  static void Watch(const std::stop_token& stop, absl::Duration deadline) {
    const sigset_t set = StopSignals();
    const timespec slice = {0, 50'000'000};
    const auto until = std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(deadline);
    while (!stop.stop_requested()) {
      if (sigtimedwait(&set, nullptr, &slice) > 0) EndAtOnce("a second signal came while stopping; ending at once");
      if (std::chrono::steady_clock::now() >= until)
        EndAtOnce("stopping took longer than its deadline; ending at once");
    }
  }

  std::jthread thread_;
};

log::Level LevelOf(const std::string& word) {
  if (word == "debug") return log::Level::kDebug;
  if (word == "warn") return log::Level::kWarn;
  return word == "error" ? log::Level::kError : log::Level::kInfo;
}

int Fail(int code, const char* message, const absl::Status& status) {
  log::Error(kComponent, message, {{"error", std::string(status.message())}});
  return code;
}

// Where the path of the configuration comes out, or the exit code when there is nothing to run.
std::optional<int> ParseCommandLine(int argc, const char* const* argv, const Program& program, std::string& path) {
  CLI::App line(program.summary, program.name);
  line.add_option("--config", path, "YAML file with the configuration")->required();
  try {
    line.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.exit(error) == 0 ? 0 : kExitUsage;
  }
  return std::nullopt;
}

int Live(App& app, Health& health, absl::Duration stop_deadline) {
  if (const absl::Status status = app.Start(); !status.ok()) return Fail(kExitStart, "could not start", status);
  health.Set(Health::State::kReady);
  log::Info(kComponent, "ready");
  const int number = WaitForStopSignal();
  health.Set(Health::State::kStopping);
  log::Info(kComponent, "stopping", {{"signal", number}});
  const StopGuard guard(stop_deadline);
  app.Stop();
  log::Info(kComponent, "stopped");
  return 0;
}

int RunConfigured(config::Section& root, const config::Process& settings, const Program& program) {
  metrics::Registry registry;
  Health health;
  Context context{settings.name, registry, health, SystemClock::Instance()};
  absl::StatusOr<std::unique_ptr<App>> app = program.make(root, context);
  if (!app.ok()) return Fail(kExitUsage, "could not be set up", app.status());
  const auto endpoint = metrics::Endpoint::Start(
      {settings.metrics.host, settings.metrics.port, [&health] { return health.Ready(); }}, registry);
  if (!endpoint.ok()) return Fail(kExitStart, "could not start", endpoint.status());
  log::Info(kComponent, "starting", {{"metrics_port", (*endpoint)->port()}});
  return Live(**app, health, program.stop_deadline);
}

}  // namespace

int RunProcess(int argc, const char* const* argv, Program program) {
  BlockSignals();
  log::Configure(program.name, log::Level::kInfo);
  std::string path;
  if (const std::optional<int> code = ParseCommandLine(argc, argv, program, path)) return *code;
  absl::StatusOr<config::Section> root = config::Section::Load(path);
  if (!root.ok()) return Fail(kExitUsage, "configuration is wrong", root.status());
  const config::Process settings = config::ReadProcess(*root);
  if (!settings.name.empty()) log::Configure(settings.name, LevelOf(settings.log_level));
  return RunConfigured(*root, settings, program);
}

}  // namespace nara::app
