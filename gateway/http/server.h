#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/config/section.h"
#include "gateway/http/router.h"
#include "gateway/metrics.h"

namespace nara::gateway {

// HTTP/1.1 over Boost.Beast: bounded sizes, times and connections; security headers on every response. Handlers run on
// a pool of their own, so a slow one never stops the others or an event stream.
//
// Where there are too many connections, in all or of one address, another one makes room (Seats).
//
// An answer must be taken: at least `least_taken` bytes in each `take`, else its client is cut off and what the kernel
// holds for it is dropped. Bodies are sent from where they are: one that many responses share is there once.
//
// An event stream ends, and its queue is closed, as soon as its client closes the connection or sends anything; within
// ping + patience and a moment when the client is gone without a word (power, network); and after patience when its
// buffers are full and it takes nothing.
class Server {
 public:
  struct Options {
    config::Address listen;  // port 0: any free one
    // PEM files; both empty for plain HTTP, which is refused unless `listen` is a loopback address.
    std::string cert;
    std::string key;
    int handler_threads = 4;
    std::uint32_t max_header = 16 * 1024;  // more: 431
    std::uint64_t max_body = 128 * 1024;   // more: 413
    std::size_t max_connections = 1024;    // fewer when the process may not open so many files
    // Of one client address (of IPv6: network). What stands behind one address may be a whole centre, or a proxy for
    // all: then it is max_connections.
    std::size_t max_connections_of_address = 512;
    absl::Duration idle = absl::Seconds(30);  // for a request to begin
    absl::Duration request =
        absl::Seconds(15);  // from the first byte of a request to its last, and for a TLS handshake
    // For a client to acknowledge what was sent, and to take what an event stream sends: beyond it the client is gone.
    absl::Duration patience = absl::Seconds(5);
    absl::Duration ping = absl::Seconds(1);  // an event stream without events gets a comment
    absl::Duration take = absl::Seconds(10);
    std::size_t least_taken = 16 * 1024;
    // What the kernel takes of an answer ahead of its client. It says that there is room in steps of about a third of
    // twice this: larger ones than least_taken would cut off who is fast enough.
    int send_buffer = 32 * 1024;
    absl::Duration certificate_interval = absl::Seconds(1);  // how old what is known of the files may be
  };

  // Listens and serves until Stop. `router` and `metrics` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options, const Router& router, Metrics& metrics);

  // Stops.
  virtual ~Server() = default;
  // Closes every connection and waits for handlers that run. Idempotent; of one thread.
  virtual void Stop() = 0;
  virtual int port() const = 0;
};

// How many of `wanted` connections the process may have, by its limit of open files: some are left for everything else.
std::size_t MostConnections(std::size_t wanted);

// True for 127.0.0.0/8, ::1 and "localhost".
bool IsLoopback(const std::string& host);

// True when a plain listener on loopback may answer a request with this Host header: a name of the machine itself, so
// that a foreign page which points its own name at 127.0.0.1 gets nothing.
bool IsLoopbackHostHeader(const std::string& host);

}  // namespace nara::gateway
