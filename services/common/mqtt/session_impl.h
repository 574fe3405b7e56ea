#pragma once

// The body of MqttSession. For the sources of this library only.
//
// Paho calls the private On... methods from its threads, with a lock of its own
// held: nothing here calls Paho while holding mutex_, and nothing waits in them.

#include <mqtt/async_client.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
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
  std::size_t pending() const { return pending_.load(); }

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
  void OnPublished();
  void LetGo();
  std::chrono::milliseconds NextDelay();

  const MqttSessionOptions options_;

  std::atomic<State> state_{State::kIdle};
  std::atomic<std::size_t> pending_{0};
  std::atomic<bool> session_present_{false};
  std::atomic<bool> connected_once_{false};

  std::mutex mutex_;
  std::condition_variable settled_;  // pending_ fell to 0, or the connection was lost
  // Guarded by mutex_.
  bool wanted_ = false;
  int failures_ = 0;
  Clock::time_point connected_at_{};

  Listener on_connect_;
  Listener on_subscribe_;
  Listener on_publish_;
  // Last: its end is the end of all callbacks.
  mqtt::async_client client_;
};

}  // namespace nara
