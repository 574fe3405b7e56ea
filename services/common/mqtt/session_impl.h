#pragma once

// The body of MqttSession. For the sources of this library only.
//
// Paho calls the private On... methods from its threads, with a lock of its own
// held: nothing here calls Paho while holding mutex_, and nothing waits in them.
//
// Publishes queue here and go to Paho only while the server's window (its Receive
// Maximum, 20 by default) has room: what Paho itself holds back for the window it
// looks at again once a second, whatever is acknowledged meanwhile.

#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "common/mqtt/session.h"

namespace nara {

class MqttSession::Impl : public std::enable_shared_from_this<MqttSession::Impl> {
 public:
  explicit Impl(MqttSessionOptions options);
  ~Impl();

  void Start();
  void Stop(std::chrono::milliseconds patience);
  bool connected() const { return state_.load() == State::kConnected; }
  absl::Status Publish(std::string_view topic, std::string_view payload, int qos, bool retained);
  std::size_t pending() const;

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { kIdle, kConnecting, kSubscribing, kConnected };

  // Passes the outcome of one kind of request on.
  class Listener : public mqtt::iaction_listener {
   public:
    Listener(std::function<void(const mqtt::token&)> success, std::function<void(const mqtt::token&)> failure)
        : success_(std::move(success)), failure_(std::move(failure)) {}
    void on_success(const mqtt::token& token) override { success_(token); }
    void on_failure(const mqtt::token& token) override { failure_(token); }

   private:
    std::function<void(const mqtt::token&)> success_;
    std::function<void(const mqtt::token&)> failure_;
  };

  mqtt::connect_options ConnectOptions() const;
  mqtt::ssl_options SslOptions() const;
  void Attempt();
  void ScheduleAttempt(std::chrono::milliseconds delay);
  void OnConnect(const mqtt::token& token);
  void Subscribe();
  void OnSubscribed(const mqtt::token& token);
  void Ready();
  void OnLost(const std::string& cause);
  void OnMessage(const mqtt::const_message_ptr& message);
  void OnPublished(std::uintptr_t generation);
  void Pump();
  mqtt::const_message_ptr TakeNext(std::uintptr_t& generation);
  void LetGo();
  std::chrono::milliseconds NextDelay();

  const MqttSessionOptions options_;

  std::atomic<State> state_{State::kIdle};
  std::atomic<bool> session_present_{false};
  std::atomic<bool> connected_once_{false};

  mutable std::mutex mutex_;
  std::condition_variable settled_;  // nothing waits any more, or the connection was lost
  // Guarded by mutex_.
  bool wanted_ = false;
  int failures_ = 0;
  Clock::time_point connected_at_{};
  std::deque<mqtt::const_message_ptr> queue_;
  std::size_t window_ = 20;
  std::size_t in_flight_ = 0;  // given to Paho, of this generation
  // Counts sessions that the server lost: then Paho forgets what was in flight and
  // says nothing, and what it still says about the past is not counted.
  std::uintptr_t generation_ = 0;
  bool pumping_ = false;

  Listener on_connect_;
  Listener on_subscribe_;
  Listener on_publish_;
  // Last: its end is the end of all callbacks.
  mqtt::async_client client_;
};

}  // namespace nara
