#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/app/app.h"
#include "common/app/health.h"
#include "common/config/section.h"
#include "common/metrics/registry.h"
#include "common/time/clock.h"

namespace nara::app {

// What every process has; lives longer than its App.
struct Context {
  std::string name;  // instance name
  metrics::Registry& metrics;
  Health& health;
  const Clock& clock;
};

// Reads its keys from `root` and ends with root.Finish(), then builds. `name`, `log` and `metrics` have been read
// already.
using Factory = std::function<absl::StatusOr<std::unique_ptr<App>>(config::Section& root, Context& context)>;

struct Program {
  std::string name;     // as it is called: "nara-ingest"
  std::string summary;  // one line for --help
  Factory make;
  absl::Duration stop_deadline = absl::Seconds(10);
};

// The life of a process: reads --config FILE; blocks SIGTERM, SIGINT and SIGHUP for all threads and ignores SIGPIPE;
// serves /metrics, /livez and /readyz; builds and starts the App; waits for SIGTERM or SIGINT; stops it. A stop that
// takes longer than the deadline, or a second signal, ends the process at once with a log line. SIGHUP is ignored:
// certificates are read again by themselves. Returns the exit code: 0 stopped as asked, 1 could not start, 2 bad
// command line or configuration, 3 (by _exit) stop deadline.
int RunProcess(int argc, const char* const* argv, Program program);

}  // namespace nara::app
