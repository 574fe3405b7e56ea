#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "common/testing/dial.h"
#include "common/testing/servers.h"
#include "common/testing/wait_for.h"

namespace nara::testing {
namespace {

void ReplaceAll(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

bool Listens(const std::string& address) {
  const int fd = Dial(address);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MosquittoServer>> MosquittoServer::Start(MosquittoOptions options) {
  std::unique_ptr<MosquittoServer> server(new MosquittoServer());
  server->port_ = FreePort();
  if (options.config.empty()) options.config = {"listener {port} 127.0.0.1", "allow_anonymous true"};
  std::string text = "user root\nset_tcp_nodelay true\nmax_queued_messages 0\nlog_dest stderr\n";
  if (options.persistence) text += "persistence true\nautosave_interval 1\npersistence_location {dir}/\n";
  for (const std::string& line : options.config) text += line + "\n";
  ReplaceAll(text, "{port}", std::to_string(server->port_));
  ReplaceAll(text, "{dir}", server->dir_.path());
  server->dir_.Write("mosquitto.conf", text);
  if (absl::Status status = server->Launch(); !status.ok()) return status;
  return server;
}

absl::Status MosquittoServer::Launch() {
  absl::StatusOr<std::unique_ptr<ChildProcess>> started =
      ChildProcess::Start({.argv = {access("/usr/sbin/mosquitto", X_OK) == 0 ? "/usr/sbin/mosquitto" : "mosquitto",
                                    "-c", dir_.File("mosquitto.conf")},
                           .env = {},
                           .log_file = dir_.File("log")});
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  const std::string where = "127.0.0.1:" + std::to_string(port_);
  if (WaitFor([&] { return Listens(where) || !process_->running(); }) && process_->running()) return absl::OkStatus();
  return absl::UnavailableError("mosquitto does not listen:\n" + log());
}

std::string MosquittoServer::address() const {
  return "tcp://127.0.0.1:" + std::to_string(port_);
}

void MosquittoServer::Kill9() {
  process_->Stop(SIGKILL);
}

void MosquittoServer::Stop() {
  process_->Stop(SIGTERM);
}

absl::Status MosquittoServer::Restart() {
  process_.reset();
  return Launch();
}

std::string MosquittoServer::log() const {
  std::ostringstream text;
  text << std::ifstream(dir_.File("log")).rdbuf();
  return text.str();
}

}  // namespace nara::testing
