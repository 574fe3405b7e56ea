#include "device_registry/identity/mqtt_guard.h"

#include <utility>

#include "common/log/log.h"
#include "device_registry/identity/guard_list.h"

namespace nara::registry {
namespace {

constexpr char kClientId[] = "nara-device-registry";

}  // namespace

absl::StatusOr<std::unique_ptr<MqttGuard>> MqttGuard::Create(const std::string& address, const config::Tls& tls) {
  std::unique_ptr<MqttGuard> guard(new MqttGuard());
  MqttSessionOptions options;
  options.address = address;
  options.client_id = kClientId;
  options.ca_file = tls.ca;
  options.cert_file = tls.cert;
  options.key_file = tls.key;
  // A list that waited for an MQTT server would be an old one: each connect sends the newest.
  options.session_expiry = std::chrono::seconds(0);
  options.clean_start = true;
  options.subscriptions = {{.filter = kInForceTopic, .qos = 1}};
  options.on_message = [link = guard.get()](const MqttMessage& message) { link->Take(message); };
  options.on_connected = [link = guard.get()](bool) { link->events_.connected(); };
  options.on_disconnected = [](const std::string& cause) {
    log::Warn("mqtt", "the guard is out of reach", {{"error", cause}});
  };
  absl::StatusOr<std::unique_ptr<MqttSession>> made = MqttSession::Create(std::move(options));
  if (!made.ok()) return made.status();
  guard->session_ = *std::move(made);
  return guard;
}

void MqttGuard::Start(Events events) {
  events_ = std::move(events);
  session_->Start();
}

void MqttGuard::Stop() {
  session_->Stop();
}

absl::Status MqttGuard::Send(const std::string& part) {
  return session_->Publish(kRevokedTopic, part, 1);
}

void MqttGuard::Take(const MqttMessage& message) {
  if (const auto generation = ReadInForce(message.payload)) events_.in_force(*generation);
}

}  // namespace nara::registry
