#include "common/mqtt/session_impl.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "common/mqtt/timer_thread.h"

namespace nara {
namespace {

// A connection that lasted so long was a good one: the next wait is short again.
constexpr std::chrono::seconds kStable{2};

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

// A publish carries its generation as Paho's user context.
std::uintptr_t GenerationOf(const mqtt::token& token) {
  return reinterpret_cast<std::uintptr_t>(token.get_user_context());
}

// How many publishes the server takes before it has acknowledged one.
std::size_t WindowOf(const mqtt::properties& properties) {
  if (!properties.contains(mqtt::property::RECEIVE_MAXIMUM)) return 65'535;
  return std::max<std::size_t>(1, mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM));
}

}  // namespace

MqttSession::Impl::Impl(MqttSessionOptions options)
    : options_(std::move(options)),
      on_connect_([this](const mqtt::token& token) { OnConnect(token); },
                  [this](const mqtt::token& token) { OnLost(CauseOf(token)); }),
      on_subscribe_([this](const mqtt::token& token) { OnSubscribed(token); },
                    [this](const mqtt::token& token) {
                      LetGo();
                      OnLost("subscribe refused: " + CauseOf(token));
                    }),
      on_publish_([this](const mqtt::token& token) { OnPublished(GenerationOf(token)); },
                  [this](const mqtt::token& token) { OnPublished(GenerationOf(token)); }),
      client_(options_.address, options_.client_id, CreateOptions(options_)) {
  client_.set_message_callback([this](const mqtt::const_message_ptr& message) { OnMessage(message); });
  client_.set_connection_lost_handler(
      [this](const std::string& cause) { OnLost(cause.empty() ? "connection lost" : cause); });
  client_.set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode reason) {
    OnLost("the server ended it, reason " + std::to_string(reason));
  });
}

MqttSession::Impl::~Impl() = default;

mqtt::ssl_options MqttSession::Impl::SslOptions() const {
  mqtt::ssl_options ssl;
  ssl.set_trust_store(options_.ca_file);
  if (!options_.cert_file.empty()) ssl.set_key_store(options_.cert_file);
  if (!options_.key_file.empty()) ssl.set_private_key(options_.key_file);
  ssl.set_enable_server_cert_auth(true);
  ssl.set_verify(true);
  return ssl;
}

mqtt::connect_options MqttSession::Impl::ConnectOptions() const {
  mqtt::connect_options connect;
  connect.set_mqtt_version(MQTTVERSION_5);
  connect.set_clean_start(options_.clean_start && !connected_once_);
  connect.set_keep_alive_interval(options_.keep_alive);
  connect.set_connect_timeout(std::chrono::ceil<std::chrono::seconds>(options_.connect_timeout));
  connect.set_max_inflight(static_cast<int>(std::min<std::size_t>(options_.max_pending, 65'535)));
  if (!options_.user.empty()) connect.set_user_name(options_.user);
  if (!options_.password.empty()) connect.set_password(options_.password);
  if (options_.address.starts_with("ssl://")) connect.set_ssl(SslOptions());
  if (options_.will != nullptr) {
    const MqttWill& will = *options_.will;
    connect.set_will_message(mqtt::make_message(will.topic, will.payload, will.qos, will.retained));
  }
  connect.set_properties(mqtt::properties{
      {mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(options_.session_expiry.count())},
      {mqtt::property::RECEIVE_MAXIMUM, options_.receive_maximum}});
  return connect;
}

void MqttSession::Impl::Start() {
  {
    const std::lock_guard lock(mutex_);
    if (wanted_) return;
    wanted_ = true;
    failures_ = 0;
  }
  ScheduleAttempt(std::chrono::milliseconds(0));
}

void MqttSession::Impl::ScheduleAttempt(std::chrono::milliseconds delay) {
  TimerThread::Shared().After(delay, [weak = weak_from_this()] {
    if (const std::shared_ptr<Impl> self = weak.lock()) self->Attempt();
  });
}

void MqttSession::Impl::Attempt() {
  {
    const std::lock_guard lock(mutex_);
    if (!wanted_ || state_ != State::kIdle) return;
    state_ = State::kConnecting;
  }
  try {
    client_.connect(ConnectOptions(), nullptr, on_connect_);
  } catch (const mqtt::exception& error) {
    OnLost(error.what());
  }
}

void MqttSession::Impl::OnConnect(const mqtt::token& token) {
  const mqtt::connect_response response = token.get_connect_response();
  session_present_ = response.is_session_present();
  connected_once_ = true;
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    wanted = wanted_;
    state_ = wanted ? State::kSubscribing : State::kIdle;
    connected_at_ = Clock::now();
    window_ = WindowOf(response.get_properties());
    if (!session_present_) {
      ++generation_;
      in_flight_ = 0;
    }
  }
  if (!wanted) return LetGo();
  if (options_.subscriptions.empty()) return Ready();
  Subscribe();
}

void MqttSession::Impl::Subscribe() {
  std::vector<std::string> filters;
  mqtt::async_client::qos_collection qos;
  for (const MqttSubscription& subscription : options_.subscriptions) {
    filters.push_back(subscription.filter);
    qos.push_back(subscription.qos);
  }
  const std::vector<mqtt::subscribe_options> flags(filters.size());
  try {
    client_.subscribe(mqtt::string_collection::create(filters), qos, nullptr, on_subscribe_, flags);
  } catch (const mqtt::exception& error) {
    LetGo();
    OnLost(error.what());
  }
}

void MqttSession::Impl::OnSubscribed(const mqtt::token& token) {
  const mqtt::subscribe_response response = token.get_subscribe_response();
  for (const mqtt::ReasonCode code : response.get_reason_codes()) {
    if (code < mqtt::UNSPECIFIED_ERROR) continue;
    LetGo();
    return OnLost("a subscription was refused, reason " + std::to_string(code));
  }
  Ready();
}

void MqttSession::Impl::Ready() {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kSubscribing) return;
    state_ = State::kConnected;
  }
  if (options_.on_connected) options_.on_connected(session_present_);
  Pump();
}

// Closes the connection without waiting.
void MqttSession::Impl::LetGo() {
  try {
    client_.disconnect();
  } catch (const mqtt::exception&) {
    return;  // it was not connected
  }
}

std::chrono::milliseconds MqttSession::Impl::NextDelay() {
  thread_local std::minstd_rand random{std::random_device{}()};
  if (connected_at_ != Clock::time_point{} && Clock::now() - connected_at_ > kStable) failures_ = 0;
  connected_at_ = {};
  const int doublings = std::min(failures_++, 16);
  const auto delay = std::min(options_.reconnect_max, options_.reconnect_min * (1 << doublings));
  return delay * std::uniform_int_distribution<int>(75, 125)(random) / 100;
}

void MqttSession::Impl::OnLost(const std::string& cause) {
  bool again = false;
  std::chrono::milliseconds delay{0};
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kIdle) return;
    state_ = State::kIdle;
    again = wanted_;
    delay = NextDelay();
  }
  settled_.notify_all();
  if (options_.on_disconnected) options_.on_disconnected(cause);
  if (again) ScheduleAttempt(delay);
}

void MqttSession::Impl::OnMessage(const mqtt::const_message_ptr& message) {
  const std::string& topic = message->get_topic();
  const mqtt::binary_ref& payload = message->get_payload_ref();
  options_.on_message({.topic = topic,
                       .payload = {payload.data(), payload.size()},
                       .qos = message->get_qos(),
                       .retained = message->is_retained(),
                       .duplicate = message->is_duplicate()});
}

absl::Status MqttSession::Impl::Publish(std::string_view topic, std::string_view payload, int qos, bool retained) {
  if (!connected()) return absl::UnavailableError("mqtt: " + options_.client_id + " is not connected");
  mqtt::const_message_ptr message =
      mqtt::make_message(std::string(topic), payload.data(), payload.size(), qos, retained);
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() + in_flight_ >= options_.max_pending) {
      return absl::ResourceExhaustedError("mqtt: " + options_.client_id + " has too many publishes waiting");
    }
    queue_.push_back(std::move(message));
  }
  Pump();
  return absl::OkStatus();
}

std::size_t MqttSession::Impl::pending() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + in_flight_;
}

// The next message that may go out; null when none may, which ends the pumping.
mqtt::const_message_ptr MqttSession::Impl::TakeNext(std::uintptr_t& generation) {
  const std::lock_guard lock(mutex_);
  if (queue_.empty() || in_flight_ >= window_ || state_ != State::kConnected) {
    pumping_ = false;
    return nullptr;
  }
  mqtt::const_message_ptr message = std::move(queue_.front());
  queue_.pop_front();
  ++in_flight_;
  generation = generation_;
  return message;
}

// One thread at a time, so that messages keep their order.
void MqttSession::Impl::Pump() {
  {
    const std::lock_guard lock(mutex_);
    if (pumping_) return;
    pumping_ = true;
  }
  std::uintptr_t generation = 0;
  while (const mqtt::const_message_ptr message = TakeNext(generation)) {
    try {
      client_.publish(message, reinterpret_cast<void*>(generation), on_publish_);
    } catch (const mqtt::exception&) {
      // Lost meanwhile: put back what Paho did not take; the next connect sends it.
      const std::lock_guard lock(mutex_);
      queue_.push_front(message);
      if (generation == generation_ && in_flight_ > 0) --in_flight_;
      pumping_ = false;
      return;
    }
  }
}

void MqttSession::Impl::OnPublished(std::uintptr_t generation) {
  {
    const std::lock_guard lock(mutex_);
    if (generation == generation_ && in_flight_ > 0) --in_flight_;
    if (queue_.empty() && in_flight_ == 0) settled_.notify_all();
  }
  Pump();
}

void MqttSession::Impl::Stop(std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  {
    std::unique_lock lock(mutex_);
    wanted_ = false;
    if (state_ == State::kIdle) return;
    settled_.wait_until(lock, deadline, [this] {
      return (queue_.empty() && in_flight_ == 0) || state_ != State::kConnected;
    });
  }
  try {
    const auto left = std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()),
                               std::chrono::milliseconds(50));
    client_.disconnect(static_cast<int>(left.count()))->wait_for(left);
  } catch (const mqtt::exception&) {
    // Not connected any more: what was wanted.
  }
  const std::lock_guard lock(mutex_);
  state_ = State::kIdle;
}

}  // namespace nara
