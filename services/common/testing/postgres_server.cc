#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/postgres/connection.h"
#include "common/testing/servers.h"
#include "common/testing/wait_for.h"

namespace nara::testing {
namespace {

// Debian keeps initdb and postgres off the PATH.
std::string Program(const std::string& name) {
  const std::string debian = "/usr/lib/postgresql/15/bin/" + name;
  return access(debian.c_str(), X_OK) == 0 ? debian : name;
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& conninfo) {
  return PostgresConnection::Connect(
      {.conninfo = conninfo, .schema = "", .application_name = "test", .statement_timeout = std::chrono::seconds(30)});
}

// A user namespace in which we are somebody else: PostgreSQL refuses root.
bool UserNamespacesWork() {
  static const bool works = [] {
    auto child = ChildProcess::Start({.argv = {"unshare", "-U", "--map-user=1000", "true"}, .env = {}, .log_file = ""});
    return child.ok() && (*child)->Wait() == 0;
  }();
  return works;
}

// initdb takes a second: one empty cluster for all servers of this process.
absl::StatusOr<std::string> Template(const std::vector<std::string>& as_user) {
  static const TempDir dir;
  static const absl::Status made = [&] {
    if (geteuid() == 0 && !UserNamespacesWork()) std::filesystem::permissions(dir.path(), std::filesystem::perms(0777));
    std::vector<std::string> argv = as_user;
    argv.insert(argv.end(), {Program("initdb"), "--no-sync", "--no-instructions", "-U", "postgres", "-A", "trust", "-E",
                             "UTF8", "--locale=C.UTF-8", "-D", dir.File("data")});
    auto child = ChildProcess::Start({.argv = argv, .env = {}, .log_file = dir.File("log")});
    if (!child.ok()) return child.status();
    const std::optional<int> code = (*child)->Wait(std::chrono::seconds(60));
    return code == 0 ? absl::OkStatus() : absl::InternalError("initdb failed; see " + dir.File("log"));
  }();
  if (!made.ok()) return made;
  return dir.File("data");
}

std::vector<pid_t> ChildrenOf(pid_t pid) {
  const std::string number = std::to_string(pid);
  std::ifstream file("/proc/" + number + "/task/" + number + "/children");
  return {std::istream_iterator<pid_t>(file), std::istream_iterator<pid_t>()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Start(PostgresServerOptions options) {
  std::unique_ptr<PostgresServer> server(new PostgresServer());
  if (absl::Status status = server->Initialize(options); !status.ok()) return status;
  if (absl::Status status = server->Launch(); !status.ok()) return status;
  auto admin = Open("host=" + server->dir_.path() + " dbname=postgres user=postgres");
  if (!admin.ok()) return admin.status();
  if (absl::Status status = (*admin)->Run("create database nara"); !status.ok()) return status;
  return server;
}

PostgresServer::~PostgresServer() {
  if (process_ != nullptr) process_->Stop(SIGQUIT);
}

std::vector<std::string> PostgresServer::AsOrdinaryUser(std::vector<std::string> argv) const {
  if (geteuid() != 0) return argv;
  std::vector<std::string> prefix = {"setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
                                     "--pdeathsig=KILL"};
  if (UserNamespacesWork()) prefix = {"unshare", "-U", "--map-user=1000"};
  prefix.insert(prefix.end(), argv.begin(), argv.end());
  return prefix;
}

absl::Status PostgresServer::Initialize(const PostgresServerOptions& options) {
  absl::StatusOr<std::string> empty = Template(AsOrdinaryUser({}));
  if (!empty.ok()) return empty.status();
  if (geteuid() == 0 && !UserNamespacesWork()) std::filesystem::permissions(dir_.path(), std::filesystem::perms(0777));
  auto copy = ChildProcess::Start(
      {.argv = AsOrdinaryUser({"cp", "-r", "-p", *empty, dir_.File("data")}), .env = {}, .log_file = dir_.File("log")});
  if (!copy.ok()) return copy.status();
  if ((*copy)->Wait() != 0) return absl::InternalError("cannot copy the empty cluster; see " + dir_.File("log"));
  std::ofstream config(dir_.File("data") + "/postgresql.conf", std::ios::app);
  config << "listen_addresses = ''\nunix_socket_directories = '" << dir_.path() << "'\n"
         << "max_connections = 60\nshared_buffers = 16MB\ndynamic_shared_memory_type = mmap\n"
         << "fsync = " << (options.fsync ? "on" : "off") << "\n"
         << "full_page_writes = " << (options.fsync ? "on" : "off") << "\n";
  for (const std::string& line : options.config) config << line << "\n";
  return absl::OkStatus();
}

absl::Status PostgresServer::Launch() {
  auto started = ChildProcess::Start({.argv = AsOrdinaryUser({Program("postgres"), "-D", dir_.File("data")}),
                                      .env = {},
                                      .log_file = dir_.File("log")});
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  const std::string admin = "host=" + dir_.path() + " dbname=postgres user=postgres";
  if (WaitFor([&] { return Open(admin).ok() || !process_->running(); }) && process_->running()) return absl::OkStatus();
  return absl::UnavailableError("postgres does not answer; see " + dir_.File("log"));
}

std::string PostgresServer::conninfo(std::string_view user) const {
  return "host=" + dir_.path() + " dbname=nara user=" + std::string(user);
}

absl::Status PostgresServer::Run(const std::string& script) {
  auto admin = Open(conninfo());
  if (!admin.ok()) return admin.status();
  return (*admin)->Run(script);
}

absl::Status PostgresServer::CreateOwner(std::string_view role, std::string_view schema) {
  const std::string name(role);
  return Run("create role " + name + " login; create schema " + std::string(schema) + " authorization " + name);
}

void PostgresServer::Stop() {
  process_->Stop(SIGINT);
}

void PostgresServer::Kill9() {
  // Its children would notice the postmaster's death and go by themselves, but may still answer a query before.
  const std::vector<pid_t> backends = ChildrenOf(process_->pid());
  process_->Stop(SIGKILL);
  for (const pid_t backend : backends) kill(backend, SIGKILL);
  const std::string admin = conninfo();
  WaitFor([&] { return !Open(admin).ok(); });
}

absl::Status PostgresServer::Restart() {
  process_.reset();
  std::filesystem::remove(dir_.File("data") + "/postmaster.pid");
  return Launch();
}

}  // namespace nara::testing
