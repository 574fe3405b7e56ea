// The way to the guard: a durable session with the MQTT server, as nara-device-registry.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/shared.h"
#include "common/mqtt/session.h"
#include "device_registry/identity/lock_out.h"

namespace nara::registry {

class MqttGuard final : public GuardLink {
 public:
  // Called in the MQTT library's thread: they must not block.
  struct Events {
    std::function<void()> connected;
    std::function<void(std::uint64_t generation)> in_force;
  };

  // Checks address and files; does not connect.
  static absl::StatusOr<std::unique_ptr<MqttGuard>> Create(const std::string& address, const config::Tls& tls);

  // What `events` uses must live until Stop.
  void Start(Events events);
  void Stop();

  absl::Status Send(const std::string& part) override;

 private:
  MqttGuard() = default;
  void Take(const MqttMessage& message);

  Events events_;  // constant once started
  std::unique_ptr<MqttSession> session_;
};

}  // namespace nara::registry
