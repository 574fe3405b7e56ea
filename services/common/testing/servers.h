#pragma once

// Private, real servers for tests: each in its own temporary directory, reachable
// only there or on a free port of loopback, gone with its object or its process.
// Start returns when the server answers (well under a second).

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/testing/child_process.h"
#include "common/testing/temp_dir.h"

namespace nara::testing {

// Redis with appendonly and appendfsync always, on a unix socket.
class RedisServer {
 public:
  // `config`: further lines of redis.conf.
  static absl::StatusOr<std::unique_ptr<RedisServer>> Start(std::vector<std::string> config = {});

  // As RedisOptions takes it: "unix:/.../redis.sock".
  std::string address() const;
  // kill -9: what was not fsynced is still in the kernel, as after a crash.
  void Kill9();
  void Stop();
  // Starts it again on the same data and address.
  absl::Status Restart();
  ChildProcess& process() { return *process_; }

 private:
  RedisServer() = default;

  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
};

// Two of them, the second a replica of the first, and when asked for a Sentinel that makes it
// the primary a second after the first was lost.
class RedisGroup {
 public:
  // `config`: further lines of both.
  static absl::StatusOr<std::unique_ptr<RedisGroup>> Start(std::vector<std::string> config = {});
  absl::Status StartSentinel();

  // Of server 0, which is the primary at first, or 1.
  std::string address(int server) const { return servers_.at(static_cast<std::size_t>(server))->address(); }
  // As the configuration key redis.servers has it: the server by Sentinel's name, and its address.
  std::map<std::string, std::string> servers() const;
  std::string sentinel() const;
  void Kill9(int server) { servers_.at(static_cast<std::size_t>(server))->Kill9(); }
  void Stop(int server) { servers_.at(static_cast<std::size_t>(server))->Stop(); }
  absl::Status Restart(int server) { return servers_.at(static_cast<std::size_t>(server))->Restart(); }
  // True when server 1 has what server 0 has, after a wait.
  bool Follows() const;

 private:
  RedisGroup() = default;

  TempDir dir_;
  std::array<std::unique_ptr<RedisServer>, 2> servers_;
  std::array<int, 2> ports_{};
  std::unique_ptr<ChildProcess> sentinel_;
};

struct PostgresServerOptions {
  bool fsync = false;               // true for tests of crashes
  std::vector<std::string> config;  // further lines of postgresql.conf
};

// PostgreSQL on a unix socket, database `nara`, superuser `postgres`, all trusted.
// Runs as root too (in a user namespace, or as the user postgres).
class PostgresServer {
 public:
  static absl::StatusOr<std::unique_ptr<PostgresServer>> Start(PostgresServerOptions options = {});
  ~PostgresServer();

  // "host=DIR dbname=nara user=<user>".
  std::string conninfo(std::string_view user = "postgres") const;
  // Creates a role that owns a schema, as the stack does for a service.
  absl::Status CreateOwner(std::string_view role, std::string_view schema);
  // Runs SQL as superuser.
  absl::Status Run(const std::string& script);

  void Stop();   // fast shutdown
  void Kill9();  // every process of it at once
  absl::Status Restart();

 private:
  PostgresServer() = default;
  absl::Status Initialize(const PostgresServerOptions& options);
  absl::Status Launch();
  std::vector<std::string> AsOrdinaryUser(std::vector<std::string> argv) const;

  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
};

struct MosquittoOptions {
  // Lines in place of the default listener (a plain one on loopback that lets
  // everybody in); "{port}" becomes the port, "{dir}" the directory.
  std::vector<std::string> config;
  bool persistence = false;
};

// The MQTT server, mosquitto.
class MosquittoServer {
 public:
  static absl::StatusOr<std::unique_ptr<MosquittoServer>> Start(MosquittoOptions options = {});

  int port() const { return port_; }
  // "tcp://127.0.0.1:port".
  std::string address() const;
  void Kill9();
  void Stop();
  // Starts it again on the same port and data.
  absl::Status Restart();
  // What it has written.
  std::string log() const;
  ChildProcess& process() { return *process_; }

 private:
  MosquittoServer() = default;
  absl::Status Launch();

  TempDir dir_;
  int port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace nara::testing
