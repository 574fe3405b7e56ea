#include "common/testing/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "common/testing/wait_for.h"

namespace nara::testing {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(const std::vector<std::string>& more) {
  std::vector<std::string> all;
  for (char** item = environ; *item != nullptr; ++item) all.emplace_back(*item);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void Become(char* const* argv, char* const* env, int log, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(open("/dev/null", O_RDONLY), 0);
  dup2(log, 1);
  dup2(log, 2);
  execvpe(argv[0], argv, env);
  _exit(127);
}

int ExitCodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(ChildOptions options) {
  if (options.argv.empty()) return absl::InvalidArgumentError("no program to start");
  const std::vector<std::string> environment = Environment(options.env);
  const std::vector<char*> argv = Pointers(options.argv);
  const std::vector<char*> env = Pointers(environment);
  const std::string log_file = options.log_file.empty() ? "/dev/null" : options.log_file;
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return absl::InternalError("cannot write " + log_file);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) Become(argv.data(), env.data(), log, parent);
  close(log);
  if (pid < 0) return absl::InternalError("cannot fork: " + std::string(std::strerror(errno)));
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid));
}

ChildProcess::~ChildProcess() {
  if (running()) Stop(SIGKILL);
}

bool ChildProcess::running() {
  return !Wait(std::chrono::milliseconds(0));
}

void ChildProcess::Signal(int signal) {
  if (running()) kill(pid_, signal);
}

std::optional<int> ChildProcess::Wait(std::chrono::milliseconds deadline) {
  const auto ended = [this] {
    int status = 0;
    if (!exit_code_ && waitpid(pid_, &status, WNOHANG) == pid_) exit_code_ = ExitCodeOf(status);
    return exit_code_.has_value();
  };
  WaitFor(ended, deadline);
  return exit_code_;
}

void ChildProcess::Stop(int signal, std::chrono::milliseconds deadline) {
  Signal(signal);
  if (Wait(deadline)) return;
  Signal(SIGKILL);
  Wait();
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

}  // namespace nara::testing
