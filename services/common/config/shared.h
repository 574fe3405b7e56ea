#pragma once

#include <string>

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

// Of a service that works on the logs, with a schema of its own and the registry's routes and rights.
struct Service {
  Grpc grpc;
  Tls tls;
  std::string redis;
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
// "unix:PATH" or "host:port".
std::string ReadRedis(Section& root);
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
