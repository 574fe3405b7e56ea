#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "common/testing/dial.h"
#include "common/testing/servers.h"
#include "common/testing/wait_for.h"

namespace nara::testing {
namespace {

// True when the server answers PING and has loaded its data.
bool Answers(const std::string& address) {
  const int fd = Dial(address);
  if (fd < 0) return false;
  std::array<char, 16> answer{};
  const bool sent = send(fd, "PING\r\n", 6, MSG_NOSIGNAL) == 6;
  const bool pong = sent && recv(fd, answer.data(), answer.size(), 0) > 0 && answer[0] == '+';
  close(fd);
  return pong;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisServer>> RedisServer::Start(std::vector<std::string> config) {
  std::unique_ptr<RedisServer> server(new RedisServer());
  std::string text = "port 0\nunixsocket " + server->dir_.File("redis.sock") + "\nunixsocketperm 777\ndir " +
                     server->dir_.path() + "\nappendonly yes\nappendfsync always\nsave \"\"\ndaemonize no\n";
  for (const std::string& line : config) text += line + "\n";
  server->dir_.Write("redis.conf", text);
  if (absl::Status status = server->Restart(); !status.ok()) return status;
  return server;
}

std::string RedisServer::address() const {
  return "unix:" + dir_.File("redis.sock");
}

void RedisServer::Kill9() {
  process_->Stop(SIGKILL);
}

void RedisServer::Stop() {
  process_->Stop(SIGTERM);
}

absl::Status RedisServer::Restart() {
  process_.reset();
  absl::StatusOr<std::unique_ptr<ChildProcess>> started =
      ChildProcess::Start({.argv = {"redis-server", dir_.File("redis.conf")}, .env = {}, .log_file = dir_.File("log")});
  if (!started.ok()) return started.status();
  process_ = *std::move(started);
  if (WaitFor([this] { return Answers(address()) || !process_->running(); }) && process_->running()) {
    return absl::OkStatus();
  }
  return absl::UnavailableError("redis-server does not answer; see " + dir_.File("log"));
}

}  // namespace nara::testing
