// The MQTT side of a lane: one durable session for each shard, from the server into the inboxes and back to devices.
//
// A session's callback appends the frame and returns; that is what the server takes for an acknowledgement. A keeper
// thread looks at each inbox a few times a second: it disconnects a session whose inbox fills, so that the server
// queues for it, and connects it again when there is room.
//
// Threads: SendReceipt and SendCommand may be called from any thread.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/config/shared.h"
#include "common/mqtt/session.h"
#include "common/mqtt/shard.h"
#include "ingest/arrival_clock.h"
#include "ingest/commands.h"
#include "ingest/gate.h"
#include "ingest/guard_counters.h"
#include "ingest/inbox.h"
#include "ingest/metrics.h"
#include "ingest/ports.h"
#include "ingest/server_counters.h"

namespace nara::ingest {

class MqttLink final : public DeviceLink {
 public:
  struct Options {
    Lane lane = Lane::kMeasurement;
    std::string address;
    config::Tls tls;
  };
  using Inboxes = std::array<std::unique_ptr<Inbox>, kShardCount>;

  // `inboxes`, `clock`, `metrics`, `guard` and `server` must outlive it. `on_frame` is told of each frame that was
  // kept, from the MQTT library's thread.
  MqttLink(Options options, Inboxes& inboxes, const ArrivalClock& clock, Metrics& metrics, GuardCounters& guard,
           ServerCounters& server, std::function<void(int shard)> on_frame);
  ~MqttLink() override;

  absl::Status Start();
  void Stop();

  void SendReceipt(const OutgoingReceipt& receipt) override;

  // Unavailable when the shard's session is not connected.
  absl::Status SendCommand(const DueCommand& command);

  // Sessions that are connected.
  int connected() const;
  bool connected(int shard) const;

 private:
  struct Session {
    std::unique_ptr<MqttSession> mqtt;
    Gate gate;  // the keeper's
    bool started = false;
  };

  absl::Status MakeSession(int shard);
  void Take(int shard, const MqttMessage& message);
  void TakeStatistic(const MqttMessage& message);
  void TakeFrame(int shard, const MqttMessage& message);
  void Keep(const std::stop_token& stop);
  void LookAt(int shard);
  void Measure();

  const Options options_;
  Inboxes& inboxes_;
  const ArrivalClock& clock_;
  Metrics& metrics_;
  GuardCounters& guard_;
  ServerCounters& server_;
  const std::function<void(int shard)> on_frame_;
  std::array<Session, kShardCount> sessions_;
  std::jthread keeper_;
};

}  // namespace nara::ingest
