#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace nara::testing {

// A gate in front of a server, for tests of broken links: passes bytes both ways
// until told to misbehave. One thread; every method is thread-safe and takes effect
// at once, also on connections that are open.
class TcpGate {
 public:
  // `target`: "host:port" with a numeric host, or "unix:/path". The gate's own side
  // is of the same family: a free port of loopback, or a socket in a directory of
  // its own.
  static absl::StatusOr<std::unique_ptr<TcpGate>> Start(std::string target);
  ~TcpGate();

  // What the client is to connect to, in the same form as `target`.
  const std::string& address() const;
  // The port; 0 for a unix socket.
  int port() const;

  // New connections are closed at once; open ones go on.
  void Refuse(bool refuse);
  // Bytes are neither read nor passed on, connections stay open: a dead network.
  void Stall(bool stall);
  // Closes every open connection with a reset.
  void Cut();

 private:
  class Impl;
  explicit TcpGate(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nara::testing
