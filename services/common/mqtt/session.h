#pragma once

// A durable MQTT 5 session with a server, kept alive by itself.
//
// The session (client id, subscriptions, queued messages) lives in the server and
// outlasts connections and this process; this object connects to it, connects
// again after a loss (100 ms at first, doubled up to 5 s, with jitter), and
// subscribes again after each connect, since the library does not. A connect beside
// idle sessions of the same process takes up to 2 s: the library's thread looks for
// new sockets once a second.
//
// Threads: callbacks run in the MQTT library's one receive thread, which serves
// every session of the process and its keep-alives: they must not block, throw, or
// call Start, Stop or the destructor. Publish may be called from them. All methods
// are thread-safe. A QoS 1 message is acknowledged to the server when on_message
// returns.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nara {

// What came in. Valid only during the callback.
struct MqttMessage {
  std::string_view topic;
  std::string_view payload;
  int qos = 0;
  bool retained = false;
  bool duplicate = false;  // the server sent it before and saw no acknowledgement
};

struct MqttSubscription {
  std::string filter;
  int qos = 1;
};

struct MqttSessionOptions {
  // "ssl://host:port" or "tcp://host:port".
  std::string address;
  // Names the session in the server; fixed, since another id is another queue.
  std::string client_id;

  // For ssl: our trust anchor, and this client's certificate and key (PEM files;
  // cert and key may both be empty for a server that asks for none). The server's
  // name is checked.
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  // For password listeners; empty for none.
  std::string user;
  std::string password;

  // How long the server keeps the session while nobody is connected. 0 ends it
  // with the connection.
  std::chrono::seconds session_expiry = std::chrono::hours(24 * 7);
  // Start with an empty session at the first connect of this object.
  bool clean_start = false;
  std::chrono::seconds keep_alive = std::chrono::seconds(20);
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds reconnect_min = std::chrono::milliseconds(100);
  std::chrono::milliseconds reconnect_max = std::chrono::seconds(5);
  // Publishes that wait for the server's acknowledgement (QoS 1) or for the socket
  // (QoS 0). More makes Publish refuse: memory against a server that stands still.
  std::size_t max_pending = 10'000;
  // Messages that the server may send before it waits for acknowledgements; takes
  // the place of the server's own limit. At most 65,535.
  std::uint16_t receive_maximum = 1'000;

  std::vector<MqttSubscription> subscriptions;

  // Each message, in order. Required when there are subscriptions.
  std::function<void(const MqttMessage&)> on_message;
  // After each connect, when the subscriptions have been granted. `session_present`
  // is false when the server knew nothing of us.
  std::function<void(bool session_present)> on_connected;
  // After each loss, and after each failed attempt, with the cause in words.
  std::function<void(const std::string& cause)> on_disconnected;
};

// What else a publish may say.
struct MqttPublishOptions {
  bool retained = false;
  // The server drops what it could not deliver within this time; 0: never.
  std::chrono::seconds expires_after{0};
};

class MqttSession {
 public:
  // Checks the options (address form, files readable); does not connect.
  static absl::StatusOr<std::unique_ptr<MqttSession>> Create(MqttSessionOptions options);

  // Stops with a second's patience.
  ~MqttSession();
  MqttSession(const MqttSession&) = delete;
  MqttSession& operator=(const MqttSession&) = delete;

  // Begins to connect and keeps at it until Stop. Returns at once.
  void Start();

  // Disconnects cleanly: the server keeps the session and queues for it. Waits at most
  // `patience` for pending publishes and the goodbye. May be started again: that is how
  // a full inbox pushes back.
  void Stop(std::chrono::milliseconds patience = std::chrono::seconds(1));

  // True from the moment the subscriptions are granted until the loss.
  bool connected() const;

  // Queues a message and returns without waiting; `qos` 0 or 1. Unavailable when not
  // connected; ResourceExhausted when max_pending wait already. What waits when the
  // connection is lost is sent after the next connect, perhaps twice. OK promises
  // nothing about the server's disk: who needs more waits for a receipt.
  absl::Status Publish(std::string_view topic, std::string_view payload, int qos,
                       const MqttPublishOptions& options = {});

  // Publishes that are waiting.
  std::size_t pending() const;

 private:
  class Impl;
  explicit MqttSession(std::shared_ptr<Impl> impl);

  // Shared with the library's callbacks and the reconnect thread, which hold it
  // weakly: what arrives after the end finds nothing.
  std::shared_ptr<Impl> impl_;
};

}  // namespace nara
