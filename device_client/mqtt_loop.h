#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "device_client/transport.h"

namespace nara::device_client {

struct MqttLoopOptions {
  // The MQTT server. A name is looked up at each connect, which blocks the loop:
  // give an address to a process with many devices.
  std::string host = "127.0.0.1";
  int port = 8883;
  // PEM file of the CA that signs the server; empty for a plain listener.
  std::string ca_file;
  // Between signs of life on an idle link.
  absl::Duration keep_alive = absl::Seconds(60);
  // An attempt to connect, TLS included, is given up after this.
  absl::Duration connect_timeout = absl::Seconds(15);
  // Back-off between attempts, doubled each time and jittered.
  absl::Duration reconnect_after = absl::Milliseconds(500);
  absl::Duration reconnect_after_most = absl::Seconds(30);
  // Links that connect at the same time; the others wait for their turn, so that
  // a fleet that comes back does not time out all at once. A TLS login costs the
  // server more than a millisecond of CPU.
  int connecting_at_once = 64;
};

// Transport over libmosquitto for thousands of devices: one thread, one epoll
// set, one TLS context, from which each link presents its own certificate.
// (Paho serves all clients of a process under global locks: 15,000 TLS logins
// took 71 s.) MQTT 3.1.1, clean sessions: what matters is kept in the outbox.
//
// A link holds 3 file descriptors: Start raises the soft limit to the hard one.
// The destructor ends the thread. INVALID_ARGUMENT when the CA file is no use.
absl::StatusOr<std::unique_ptr<Transport>> StartMqttLoop(MqttLoopOptions options);

}  // namespace nara::device_client
