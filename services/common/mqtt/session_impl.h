#pragma once

// The body of MqttSession. For the sources of this library only.
//
// Paho calls the On... methods from its threads, with a lock of its own held: nothing
// here calls Paho while holding mutex_, and nothing waits in them.
//
// Publishes queue here and go to Paho only while the server's window (its Receive
// Maximum, 20 by default) has room: what Paho itself holds back for the window it
// looks at again once a second, whatever is acknowledged meanwhile.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/mqtt/session.h"
#include "common/mqtt/wire.h"

namespace nara {

class MqttSession::Impl : public MqttWire::Owner, public std::enable_shared_from_this<MqttSession::Impl> {
 public:
  explicit Impl(MqttSessionOptions options);

  void Start();
  void Stop(std::chrono::milliseconds patience);
  bool connected() const { return state_.load() == State::kConnected; }
  absl::Status Publish(std::string_view topic, std::string_view payload, int qos, const MqttPublishOptions& options);
  std::size_t pending() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { kIdle, kConnecting, kSubscribing, kConnected };
  struct Outgoing {
    mqtt::const_message_ptr message;  // null: none may go out
    std::uint64_t id = 0;
    std::shared_ptr<MqttWire> wire;
  };

  void OnConnect(const mqtt::connect_response& response) override;
  void OnSubscribed(int refused) override;
  void OnPublished(std::uint64_t id) override;
  void OnSpoilt() override;
  void OnLost(const std::string& cause) override;
  void OnMessage(const mqtt::message& message) override;

  mqtt::connect_options ConnectOptions() const;
  mqtt::ssl_options SslOptions() const;
  void ScheduleAttempt(std::chrono::milliseconds delay);
  void Attempt();
  std::shared_ptr<MqttWire> Wire() const;
  void RenewWire(std::unique_lock<std::mutex> lock);
  void SendAgain();
  void Subscribe();
  void Ready();
  void Refused(const std::string& cause);
  void LetGo();
  void Pump();
  Outgoing TakeNext();
  std::chrono::milliseconds NextDelay();

  const MqttSessionOptions options_;

  std::atomic<State> state_{State::kIdle};
  std::atomic<bool> connected_once_{false};
  // The receive thread's, of this connection.
  bool session_present_ = false;
  std::size_t granted_ = 0;  // subscriptions

  mutable std::mutex mutex_;
  std::condition_variable settled_;  // nothing waits any more, or the connection was lost
  // Guarded by mutex_.
  bool wanted_ = false;
  bool spoilt_ = false;
  bool pumping_ = false;
  int failures_ = 0;
  Clock::time_point connected_at_{};
  std::size_t window_ = 1;
  std::uint64_t last_id_ = 0;
  std::deque<mqtt::const_message_ptr> queue_;
  std::map<std::uint64_t, mqtt::const_message_ptr> in_flight_;  // given to the wire, oldest first
  // Last: its end is the end of all callbacks.
  std::shared_ptr<MqttWire> wire_;
};

}  // namespace nara
