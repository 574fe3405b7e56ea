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

// Whether the answer to a command, as far as one packet has it, contains a text.
bool Says(const std::string& address, const std::string& command, const std::string& text) {
  const int fd = Dial(address);
  if (fd < 0) return false;
  std::array<char, 4096> answer{};
  const std::string line = command + "\r\n";
  const bool sent = send(fd, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
  const ssize_t got = sent ? recv(fd, answer.data(), answer.size(), 0) : 0;
  close(fd);
  return got > 0 && std::string(answer.data(), static_cast<std::size_t>(got)).find(text) != std::string::npos;
}

std::string Name(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisGroup>> RedisGroup::Start(std::vector<std::string> config) {
  std::unique_ptr<RedisGroup> group(new RedisGroup());
  for (std::size_t i = 0; i < group->servers_.size(); ++i) {
    group->ports_[i] = FreePort();
    std::vector<std::string> lines = config;
    lines.insert(lines.end(),
                 {"bind 127.0.0.1", "port " + std::to_string(group->ports_[i]), "repl-diskless-sync-delay 0"});
    if (i > 0) lines.push_back("replicaof 127.0.0.1 " + std::to_string(group->ports_[0]));
    absl::StatusOr<std::unique_ptr<RedisServer>> server = RedisServer::Start(std::move(lines));
    if (!server.ok()) return server.status();
    group->servers_[i] = *std::move(server);
  }
  if (!group->Follows()) return absl::UnavailableError("the second Redis does not follow the first");
  return group;
}

bool RedisGroup::Follows() const {
  return WaitFor([this] { return Says(address(0), "WAIT 1 1000", ":1"); });
}

absl::Status RedisGroup::StartSentinel() {
  const std::string socket = dir_.File("sentinel.sock");
  const std::string conf = dir_.Write(
      "sentinel.conf", "port " + std::to_string(FreePort()) + "\nbind 127.0.0.1\nunixsocket " + socket + "\ndir " +
                           dir_.path() + "\nsentinel monitor nara 127.0.0.1 " + std::to_string(ports_[0]) +
                           " 1\nsentinel down-after-milliseconds nara 1000\nsentinel failover-timeout nara 3000\n");
  absl::StatusOr<std::unique_ptr<ChildProcess>> started = ChildProcess::Start(
      {.argv = {"redis-server", conf, "--sentinel"}, .env = {}, .log_file = dir_.File("sentinel.log")});
  if (!started.ok()) return started.status();
  sentinel_ = *std::move(started);
  const auto knows_both = [this] { return Says(sentinel(), "SENTINEL REPLICAS nara", std::to_string(ports_[1])); };
  return WaitFor(knows_both, std::chrono::seconds(20)) ? absl::OkStatus()
                                                       : absl::UnavailableError("Sentinel does not know the replica");
}

std::map<std::string, std::string> RedisGroup::servers() const {
  return {{Name(ports_[0]), address(0)}, {Name(ports_[1]), address(1)}};
}

std::string RedisGroup::sentinel() const {
  return "unix:" + dir_.File("sentinel.sock");
}

}  // namespace nara::testing
