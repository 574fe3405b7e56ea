#pragma once

// One client of the Paho library and its callbacks. For the sources of this library
// only.
//
// A publish that meets a broken socket leaves a freed topic in Paho C 1.3.12's list
// of messages to send again (paho.mqtt.c #1272): its next connect, and its end,
// would use it. Such a client is abandoned: kept for ever, never used, and another
// takes its place.

#include <mqtt/async_client.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/mqtt/session.h"

namespace nara {

class MqttWire {
 public:
  // What comes out. Called in Paho's threads, with a lock of Paho's held.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnConnect(const mqtt::connect_response& response) = 0;
    // `refused`: 0 when granted, else the reason or a code of the library.
    virtual void OnSubscribed(int refused) = 0;
    virtual void OnPublished(std::uint64_t id) = 0;
    // The socket broke under it: this wire is spoilt.
    virtual void OnSpoilt() = 0;
    virtual void OnLost(const std::string& cause) = 0;
    virtual void OnMessage(const mqtt::message& message) = 0;
  };

  // `owner` must outlive it, unless abandoned.
  MqttWire(Owner& owner, const MqttSessionOptions& options);

  // Nothing comes out any more, and it is never ended.
  static void Abandon(std::shared_ptr<MqttWire> wire);

  // These throw mqtt::exception and do not wait, but for Disconnect.
  void Connect(mqtt::connect_options options);
  void Subscribe(const std::string& filter, int qos);
  void Publish(const mqtt::const_message_ptr& message, std::uint64_t id);
  // Closes; waits at most so long, not at all for 0.
  void Disconnect(std::chrono::milliseconds patience);

 private:
  // Passes the outcome of one kind of request on.
  class Listener : public mqtt::iaction_listener {
   public:
    using Handler = std::function<void(Owner&, const mqtt::token&)>;
    Listener(std::atomic<Owner*>& owner, Handler success, Handler failure)
        : owner_(owner), success_(std::move(success)), failure_(std::move(failure)) {}
    void on_success(const mqtt::token& token) override { Pass(success_, token); }
    void on_failure(const mqtt::token& token) override { Pass(failure_, token); }

   private:
    void Pass(const Handler& handler, const mqtt::token& token) const {
      if (Owner* owner = owner_.load()) handler(*owner, token);
    }
    std::atomic<Owner*>& owner_;
    Handler success_;
    Handler failure_;
  };

  std::atomic<Owner*> owner_;
  Listener on_connect_;
  Listener on_subscribe_;
  Listener on_publish_;
  // Last: its end is the end of all callbacks.
  mqtt::async_client client_;
};

}  // namespace nara
