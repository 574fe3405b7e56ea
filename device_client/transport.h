#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace nara::device_client {

// A certificate and its key, in PEM.
struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

// What one device's connection is made of.
struct LinkOptions {
  // MQTT client id and user name.
  std::string device;
  // Certificate for a TLS listener; empty where a password is used.
  Identity identity;
  // Password for a plain listener; empty where a certificate is used.
  std::string password;
  // Topics to subscribe to, with QoS 1, on each connection.
  std::vector<std::string> subscriptions;
  // What the MQTT server publishes, with QoS 1, when the device is gone.
  std::string will_topic;
  std::string will_payload;
};

// Hears what happens on a link. Called on the transport's thread; must not
// block.
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;

  // Connected and subscribed; Publish works from here on.
  virtual void OnUp() = 0;
  // Lost or refused; the link tries again by itself.
  virtual void OnDown(const absl::Status& why) = 0;
  virtual void OnMessage(const std::string& topic, const std::string& payload) = 0;
};

// The connection of one device. From Connect until its destructor it connects,
// and connects again with back-off.
class Link {
 public:
  virtual ~Link() = default;

  // Begins; once, on any thread.
  virtual void Connect() = 0;

  // Sends with QoS 1, without keeping it: what is lost with the connection is
  // the caller's to send again. UNAVAILABLE when the link is down. Call it on
  // the transport's thread.
  virtual absl::Status Publish(const std::string& topic, const std::string& payload) = 0;
};

// A way to an MQTT server for many devices, with one thread of its own.
class Transport {
 public:
  virtual ~Transport() = default;

  // Makes the link of a device, not yet connecting. `events` must live until the
  // link is destroyed; once the destructor has returned it is not called any
  // more. Links are made and destroyed on any thread but the transport's, and
  // destroyed before the transport.
  virtual std::unique_ptr<Link> Open(LinkOptions options, LinkEvents& events) = 0;

  // Runs something on the transport's thread, at once or at a time.
  virtual void Post(std::function<void()> task) = 0;
  virtual void PostAt(absl::Time at, std::function<void()> task) = 0;

  // The time by the transport's clock.
  virtual absl::Time Now() const = 0;
};

}  // namespace nara::device_client
