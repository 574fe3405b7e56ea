#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/config/section.h"

// The sections that mean the same in every process's file. Each reader takes the root and reads its own key.
namespace nara::config {

// Our CA and this process's certificate and key, PEM. All three are read again when they change.
struct Tls {
  std::string ca;
  std::string cert;
  std::string key;
};

// log: {level: debug|info|warn|error}, and the instance name.
struct Process {
  std::string name;       // required
  std::string log_level;  // default info
  Address metrics;        // metrics: {listen}; default 127.0.0.1:0, any free port
};

struct Grpc {
  Address listen;
  int workers = 4;              // threads that run calls, 1..64; each call that waits holds one
  int max_pending_calls = 256;  // calls that wait for a thread; more are refused with RESOURCE_EXHAUSTED
};

// redis: {address}, or redis: {sentinel: {primary, addresses, servers}}, and in both {replicas, replica_timeout,
// alone_after}.
struct Redis {
  std::string address;  // "unix:PATH" or "host:port"; empty with Sentinel
  // sentinel, empty without: Sentinel's name of the group; `addresses` of the Sentinels, separated by commas; `servers`
  // that may become the primary: "host:port" as Sentinel says it, and "=ADDRESS" when it is reached in another way.
  std::string primary;
  std::vector<std::string> sentinels;
  std::map<std::string, std::string> servers;
  // Replicas that must have what is appended before it counts, and how long they are waited for. More lose less when
  // a server goes, and stop everything when fewer are there. 0: a single Redis.
  int replicas = 0;
  absl::Duration replica_timeout = absl::Seconds(1);
  // When fewer replicas were connected for so long, those that are have to do. Longer holds receipts back for as long
  // when one is away, shorter lets more of them depend on fewer disks.
  absl::Duration alone_after = absl::Seconds(5);

  // Whether more than one server may hold the logs.
  bool replicated() const { return !primary.empty() || replicas > 0; }
};

// Of a service that works on the logs, with a schema of its own and the registry's routes and rights.
struct Service {
  Grpc grpc;
  Tls tls;
  Redis redis;
  std::string postgres;
  std::string registry;
  std::string catalogue;
  std::string state_dir;  // local copies of routes, chains and rights
};

Process ReadProcess(Section& root);
// Everything of a Service, into its configuration.
void ReadService(Section& root, Service& service);
Grpc ReadGrpc(Section& root);
// Required; the files must exist.
Tls ReadTls(Section& root);
Redis ReadRedis(Section& root);
// libpq conninfo. Never logged: it may hold a password.
std::string ReadPostgres(Section& root);
// <key>: {address: "host:port"}, another service of ours: registry, ingest, ingest_alarm, alerts, broker.
std::string ReadPeer(Section& root, const std::string& key);
// mqtt: {address: "ssl://host:port" or, loopback only, "tcp://host:port"}.
std::string ReadMqtt(Section& root);
// catalogue: DIR
std::string ReadCatalogue(Section& root);
// state_dir: DIR
std::string ReadStateDir(Section& root);

}  // namespace nara::config
