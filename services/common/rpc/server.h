#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/config/shared.h"
#include "common/rpc/worker_pool.h"

namespace grpc {
class Server;
class Service;
}  // namespace grpc

namespace nara::rpc {

// A gRPC server with mutual TLS, reflection and grpc.health.v1. Certificates are read again within two seconds of a
// change (key and certificate must change together: swap a directory link, or rename both within one interval); open
// connections live at most ten minutes and are then renewed by the client without losing a call. Messages are at most 4
// MiB each way.
class Server {
 public:
  struct Options {
    config::Grpc grpc;
    config::Tls tls;
    absl::Duration max_connection_age = absl::Minutes(10);
    absl::Duration certificate_interval = absl::Seconds(1);  // whole seconds, at least 1
  };

  explicit Server(Options options);
  // As Stop.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where calls run; give it to the adapters (unary.h, streams.h).
  WorkerPool& workers() { return workers_; }

  // UNAVAILABLE when the address cannot be taken, FAILED_PRECONDITION when the certificates cannot be used. `services`
  // must outlive the server. The process is healthy (SERVING) from here to Stop.
  absl::Status Start(const std::vector<grpc::Service*>& services);

  // The bound port, after Start.
  int port() const { return port_; }

  // Refuses new calls, lets running ones end for `grace`, then cancels them. Idempotent.
  void Stop(absl::Duration grace = absl::Seconds(2));

 private:
  const Options options_;
  int port_ = 0;
  WorkerPool workers_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace nara::rpc
