#include "common/mqtt/session_impl.h"

#include <algorithm>
#include <random>
#include <utility>

#include "common/mqtt/timer_thread.h"

namespace nara {
namespace {

// A connection that lasted so long was a good one: the next wait is short again.
constexpr std::chrono::seconds kStable{2};
// More under way at a time makes Paho slower (it searches its lists for each message: 256 took
// six times as long as 20), and would stay with an abandoned wire.
constexpr std::size_t kWindowLimit = 32;

// How many publishes the server takes before it has acknowledged one.
std::size_t WindowOf(const mqtt::properties& properties) {
  if (!properties.contains(mqtt::property::RECEIVE_MAXIMUM)) return kWindowLimit;
  const std::size_t window = mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
  return std::clamp<std::size_t>(window, 1, kWindowLimit);
}

}  // namespace

MqttSession::Impl::Impl(MqttSessionOptions options)
    : options_(std::move(options)), wire_(std::make_shared<MqttWire>(*this, options_)) {}

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
  connect.set_max_inflight(static_cast<int>(kWindowLimit));
  if (!options_.user.empty()) connect.set_user_name(options_.user);
  if (!options_.password.empty()) connect.set_password(options_.password);
  if (options_.address.starts_with("ssl://")) connect.set_ssl(SslOptions());
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
    std::unique_lock lock(mutex_);
    if (!wanted_ || state_ != State::kIdle) return;
    state_ = State::kConnecting;
    if (spoilt_) RenewWire(std::move(lock));
  }
  try {
    Wire()->Connect(ConnectOptions());
  } catch (const mqtt::exception& error) {
    OnLost(error.what());
  }
}

std::shared_ptr<MqttWire> MqttSession::Impl::Wire() const {
  const std::lock_guard lock(mutex_);
  return wire_;
}

void MqttSession::Impl::RenewWire(std::unique_lock<std::mutex> lock) {
  spoilt_ = false;
  SendAgain();
  lock.unlock();
  auto fresh = std::make_shared<MqttWire>(*this, options_);
  lock.lock();
  std::shared_ptr<MqttWire> old = std::exchange(wire_, std::move(fresh));
  lock.unlock();
  MqttWire::Abandon(std::move(old));
}

// What the wire forgot goes to the front of the queue. Needs mutex_.
void MqttSession::Impl::SendAgain() {
  for (auto it = in_flight_.rbegin(); it != in_flight_.rend(); ++it) queue_.push_front(it->second);
  in_flight_.clear();
}

void MqttSession::Impl::OnConnect(const mqtt::connect_response& response) {
  session_present_ = response.is_session_present();
  granted_ = 0;
  connected_once_ = true;
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    wanted = wanted_;
    state_ = wanted ? State::kSubscribing : State::kIdle;
    connected_at_ = Clock::now();
    window_ = WindowOf(response.get_properties());
    // A session that the server lost: Paho forgets what was under way, silently.
    if (!session_present_) SendAgain();
  }
  if (!wanted) return LetGo();
  if (options_.subscriptions.empty()) return Ready();
  Subscribe();
}

// One filter after the other: paho.mqtt.cpp 1.2.0 loses the options of a subscribe with
// several, and the C library then reads through a null pointer.
void MqttSession::Impl::Subscribe() {
  const MqttSubscription& next = options_.subscriptions[granted_];
  try {
    Wire()->Subscribe(next.filter, next.qos);
  } catch (const mqtt::exception& error) {
    Refused(error.what());
  }
}

void MqttSession::Impl::OnSubscribed(int refused) {
  if (refused != 0) {
    return Refused(options_.subscriptions[granted_].filter + " was refused, reason " + std::to_string(refused));
  }
  if (++granted_ < options_.subscriptions.size()) return Subscribe();
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

void MqttSession::Impl::Refused(const std::string& cause) {
  LetGo();
  OnLost(cause);
}

// Closes the connection without waiting.
void MqttSession::Impl::LetGo() {
  try {
    Wire()->Disconnect(std::chrono::milliseconds(0));
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

void MqttSession::Impl::OnMessage(const mqtt::message& message) {
  const std::string& topic = message.get_topic();
  const mqtt::binary_ref& payload = message.get_payload_ref();
  options_.on_message({.topic = topic,
                       .payload = {payload.data(), payload.size()},
                       .qos = message.get_qos(),
                       .retained = message.is_retained(),
                       .duplicate = message.is_duplicate()});
}

absl::Status MqttSession::Impl::Publish(std::string_view topic, std::string_view payload, int qos,
                                        const MqttPublishOptions& options) {
  if (!connected()) return absl::UnavailableError("mqtt: " + options_.client_id + " is not connected");
  const mqtt::message_ptr message =
      mqtt::make_message(std::string(topic), payload.data(), payload.size(), std::min(qos, 1), options.retained);
  if (options.expires_after.count() > 0) {
    message->set_properties(
        {{mqtt::property::MESSAGE_EXPIRY_INTERVAL, static_cast<int32_t>(options.expires_after.count())}});
  }
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() + in_flight_.size() >= options_.max_pending) {
      return absl::ResourceExhaustedError("mqtt: " + options_.client_id + " has too many publishes waiting");
    }
    queue_.push_back(message);
  }
  Pump();
  return absl::OkStatus();
}

std::size_t MqttSession::Impl::pending() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + in_flight_.size();
}

// The next message that may go out; none ends the pumping.
MqttSession::Impl::Outgoing MqttSession::Impl::TakeNext() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty() || in_flight_.size() >= window_ || state_ != State::kConnected) {
    pumping_ = false;
    return {};
  }
  Outgoing next{std::move(queue_.front()), ++last_id_, wire_};
  queue_.pop_front();
  in_flight_.emplace(next.id, next.message);
  return next;
}

// One thread at a time, so that messages keep their order.
void MqttSession::Impl::Pump() {
  {
    const std::lock_guard lock(mutex_);
    if (pumping_) return;
    pumping_ = true;
  }
  for (Outgoing next = TakeNext(); next.message != nullptr; next = TakeNext()) {
    try {
      next.wire->Publish(next.message, next.id);
    } catch (const mqtt::exception&) {
      // Lost meanwhile: Paho did not take it, the next connect sends it.
      const std::lock_guard lock(mutex_);
      if (in_flight_.erase(next.id) > 0) queue_.push_front(next.message);
      pumping_ = false;
      return;
    }
  }
}

void MqttSession::Impl::OnPublished(std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    in_flight_.erase(id);
    if (queue_.empty() && in_flight_.empty()) settled_.notify_all();
  }
  Pump();
}

void MqttSession::Impl::OnSpoilt() {
  const std::lock_guard lock(mutex_);
  spoilt_ = true;
}

void MqttSession::Impl::Stop(std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  {
    std::unique_lock lock(mutex_);
    wanted_ = false;
    if (state_ == State::kIdle) return;
    settled_.wait_until(lock, deadline,
                        [this] { return (queue_.empty() && in_flight_.empty()) || state_ != State::kConnected; });
  }
  try {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    Wire()->Disconnect(std::max(left, std::chrono::milliseconds(50)));
  } catch (const mqtt::exception&) {
    // Not connected any more: what was wanted.
  }
  const std::lock_guard lock(mutex_);
  state_ = State::kIdle;
}

}  // namespace nara
