#include "common/mqtt/wire.h"

#include <mutex>
#include <utility>
#include <vector>

namespace nara {
namespace {

mqtt::create_options CreateOptions(const MqttSessionOptions& options) {
  mqtt::create_options create(MQTTVERSION_5, static_cast<int>(options.max_pending));
  create.set_send_while_disconnected(false);
  create.set_restore_messages(false);
  return create;
}

std::string CauseOf(const mqtt::token& token) {
  const char* words = MQTTAsync_strerror(token.get_return_code());
  const int reason = token.get_reason_code();
  std::string cause = words == nullptr ? "code " + std::to_string(token.get_return_code()) : words;
  return reason == 0 ? cause : cause + ", reason " + std::to_string(reason);
}

int RefusalOf(const mqtt::token& token) {
  const mqtt::subscribe_response response = token.get_subscribe_response();
  for (const mqtt::ReasonCode code : response.get_reason_codes()) {
    if (code >= mqtt::UNSPECIFIED_ERROR) return code;
  }
  return 0;
}

// A publish carries its id as Paho's user context.
std::uint64_t IdOf(const mqtt::token& token) {
  return reinterpret_cast<std::uintptr_t>(token.get_user_context());
}

// A publish that the library dropped with its session stays with the owner, who sends
// it again.
void PublishFailed(MqttWire::Owner& owner, const mqtt::token& token) {
  if (token.get_reason_code() >= mqtt::UNSPECIFIED_ERROR)
    return owner.OnPublished(IdOf(token));  // refused by the server
  if (token.get_return_code() == MQTTASYNC_FAILURE) owner.OnSpoilt();
}

}  // namespace

MqttWire::MqttWire(Owner& owner, const MqttSessionOptions& options)
    : owner_(&owner),
      on_connect_(
          owner_, [](Owner& to, const mqtt::token& token) { to.OnConnect(token.get_connect_response()); },
          [](Owner& to, const mqtt::token& token) { to.OnLost(CauseOf(token)); }),
      on_subscribe_(
          owner_, [](Owner& to, const mqtt::token& token) { to.OnSubscribed(RefusalOf(token)); },
          [](Owner& to, const mqtt::token& token) {
            to.OnSubscribed(token.get_reason_code() != 0 ? token.get_reason_code() : token.get_return_code());
          }),
      on_publish_(
          owner_, [](Owner& to, const mqtt::token& token) { to.OnPublished(IdOf(token)); }, PublishFailed),
      client_(options.address, options.client_id, CreateOptions(options)) {
  client_.set_message_callback([this](const mqtt::const_message_ptr& message) {
    if (Owner* to = owner_.load()) to->OnMessage(*message);
  });
  client_.set_connection_lost_handler([this](const std::string& cause) {
    if (Owner* to = owner_.load()) to->OnLost(cause.empty() ? "connection lost" : cause);
  });
  client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
    if (Owner* to = owner_.load()) to->OnLost("the server ended it, reason " + std::to_string(reason));
  });
}

void MqttWire::Abandon(std::shared_ptr<MqttWire> wire) {
  static std::mutex mutex;
  static auto* const abandoned = new std::vector<std::shared_ptr<MqttWire>>();
  wire->owner_ = nullptr;
  const std::lock_guard lock(mutex);
  abandoned->push_back(std::move(wire));
}

// paho.mqtt.cpp 1.2.0 leaves the pointer to the properties behind when it moves options: set anew, and passed as a
// copy, they are sent. Without them the server ends the session with the connection.
void MqttWire::Connect(mqtt::connect_options options) {
  options.set_properties(mqtt::properties(options.get_properties()));
  client_.connect(options, nullptr, on_connect_);
}

void MqttWire::Subscribe(const std::string& filter, int qos) {
  client_.subscribe(filter, qos, nullptr, on_subscribe_, mqtt::subscribe_options());
}

void MqttWire::Publish(const mqtt::const_message_ptr& message, std::uint64_t id) {
  client_.publish(message, reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)), on_publish_);
}

void MqttWire::Disconnect(std::chrono::milliseconds patience) {
  const mqtt::token_ptr token = client_.disconnect(static_cast<int>(patience.count()));
  if (patience.count() > 0) token->wait_for(patience);
}

}  // namespace nara
