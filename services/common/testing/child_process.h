#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nara::testing {

struct ChildOptions {
  std::vector<std::string> argv;  // argv[0] is looked up in PATH
  std::vector<std::string> env;   // "NAME=value", added to ours
  std::string log_file;           // standard output and error; empty: discarded
};

// A program that dies with us (PDEATHSIG on Linux), also when we are killed.
class ChildProcess {
 public:
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(ChildOptions options);
  // Kills it when it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void Signal(int signal);
  // Its exit code (128 + signal when it was killed); nothing when it still runs.
  std::optional<int> Wait(std::chrono::milliseconds deadline = std::chrono::seconds(10));
  // Signal, wait, and SIGKILL when it does not end in time.
  void Stop(int signal, std::chrono::milliseconds deadline = std::chrono::seconds(10));

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<int> exit_code_;
};

// A TCP port of loopback that was free a moment ago.
int FreePort();

}  // namespace nara::testing
