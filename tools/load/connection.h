// One connection to an MQTT server, without TLS or with it, that never blocks once it
// is there: what does not go out at once waits, what comes in is handed over in packets.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "device_client/tls_context.h"
#include "tools/load/wire.h"

namespace nara::load {

// Where, and as whom. Without `ca`: without TLS.
struct Endpoint {
  std::string host = "127.0.0.1";
  int port = 1883;
  std::string ca;    // PEM files
  std::string cert;  // of the client
  std::string key;
};

class Connection {
 public:
  // Connects, with TLS when the endpoint has a CA; blocks until that is done.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Endpoint& endpoint);
  ~Connection();

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  // To be filled; Flush sends it.
  std::string& out() { return out_; }
  // Did the socket not take all of it?
  bool waiting() const { return blocked_; }

  absl::Status Flush();
  // Reads what is there, and hands over every whole packet.
  absl::Status Read(const std::function<void(const Packet&)>& take);

 private:
  explicit Connection(int fd) : fd_(fd) {}
  absl::Status StartTls(const Endpoint& endpoint);
  // Bytes moved; 0 for none now, -1 for the end.
  int Send(const char* data, std::size_t size);
  int Receive(char* data, std::size_t size);

  const int fd_;
  device_client::TlsIdentity identity_;
  std::unique_ptr<device_client::TlsContext> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, &SSL_free};
  std::string out_;
  std::size_t sent_ = 0;
  bool blocked_ = false;
  std::string in_;
};

}  // namespace nara::load
