#include "ingest/mqtt_link.h"

#include <algorithm>
#include <utility>

#include "common/log/log.h"
#include "common/mqtt/topics.h"
#include "common/time/pause.h"
#include "common/time/text.h"
#include "ingest/crash_point.h"
#include "ingest/guard_topics.h"
#include "ingest/uplink_json.h"

namespace nara::ingest {
namespace {

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::milliseconds kGoodbye{1'000};

std::vector<MqttSubscription> Subscriptions(Lane lane, int shard) {
  if (lane == Lane::kMeasurement) {
    return {{ShardFilter(TopicKind::kUp, shard)}, {ShardFilter(TopicKind::kUpJson, shard)}, {GuardFilter(lane, shard)}};
  }
  std::vector<MqttSubscription> filters = {{ShardFilter(TopicKind::kAlarm, shard)},
                                           {ShardFilter(TopicKind::kAlarmJson, shard)},
                                           {ShardFilter(TopicKind::kStatus, shard)},
                                           {GuardFilter(lane, shard)},
                                           {TwoPlacesFilter(shard)},
                                           {FloodFilter(shard)}};
  if (shard != kCountersShard) return filters;
  // Only the newest counts: the server must not queue for us while we are away.
  filters.push_back({.filter = kGuardCounters, .qos = 0});
  filters.push_back({.filter = kServerClock, .qos = 0});
  for (std::string& topic : ServerCounters::Topics()) filters.push_back({.filter = std::move(topic), .qos = 0});
  return filters;
}

}  // namespace

MqttLink::MqttLink(Options options, Inboxes& inboxes, const ArrivalClock& clock, Metrics& metrics, GuardCounters& guard,
                   ServerCounters& server, std::function<void(int shard)> on_frame)
    : options_(std::move(options)),
      inboxes_(inboxes),
      clock_(clock),
      metrics_(metrics),
      guard_(guard),
      server_(server),
      on_frame_(std::move(on_frame)) {}

MqttLink::~MqttLink() {
  Stop();
}

absl::Status MqttLink::MakeSession(int shard) {
  MqttSessionOptions options;
  options.address = options_.address;
  options.client_id = SessionClientId(options_.lane, shard);
  options.ca_file = options_.tls.ca;
  options.cert_file = options_.tls.cert;
  options.key_file = options_.tls.key;
  options.subscriptions = Subscriptions(options_.lane, shard);
  options.on_message = [this, shard](const MqttMessage& message) { Take(shard, message); };
  options.on_disconnected = [shard](const std::string& cause) {
    log::Warn("mqtt", "session lost", {{"shard", shard}, {"error", cause}});
  };
  absl::StatusOr<std::unique_ptr<MqttSession>> made = MqttSession::Create(std::move(options));
  if (!made.ok()) return made.status();
  sessions_[static_cast<std::size_t>(shard)].mqtt = *std::move(made);
  return absl::OkStatus();
}

absl::Status MqttLink::Start() {
  for (int shard = 0; shard < kShardCount; ++shard) {
    if (absl::Status status = MakeSession(shard); !status.ok()) return status;
  }
  keeper_ = std::jthread([this](const std::stop_token& stop) { Keep(stop); });
  return absl::OkStatus();
}

void MqttLink::Stop() {
  keeper_ = {};
  for (Session& session : sessions_) {
    if (std::exchange(session.started, false)) session.mqtt->Stop(kGoodbye);
  }
}

void MqttLink::Take(int shard, const MqttMessage& message) {
  if (message.topic.starts_with(kServerStatistics)) return TakeStatistic(message);
  if (message.topic == kGuardCounters) return guard_.Take(message.payload);
  TakeFrame(shard, message);
}

void MqttLink::TakeStatistic(const MqttMessage& message) {
  const std::uint64_t dropped = server_.Take(message.topic, message.payload);
  if (dropped == 0) return;
  log::Error("mqtt", "the MQTT server has dropped messages that it had acknowledged", {{"count", dropped}});
  TakeFrame(kCountersShard, {.topic = kServerDroppedTopic, .payload = ""});
}

void MqttLink::TakeFrame(int shard, const MqttMessage& message) {
  const absl::Status status =
      inboxes_[static_cast<std::size_t>(shard)]->Append(clock_.Arrived(), message.topic, message.payload);
  if (!status.ok()) {
    metrics_.FrameLost(absl::IsResourceExhausted(status) ? "full" : "disk");
    log::Error("inbox", "cannot keep a frame", {{"shard", shard}, {"error", ToStd(status.message())}});
    return;
  }
  metrics_.FrameTaken(message.payload.size());
  CrashPoint("after_inbox");
  on_frame_(shard);
}

void MqttLink::Keep(const std::stop_token& stop) {
  do {
    for (int shard = 0; shard < kShardCount; ++shard) LookAt(shard);
    clock_.Arrived();  // a step of our clock is seen also while nothing comes
    Measure();
  } while (Pause(stop, kLook));
}

void MqttLink::LookAt(int shard) {
  Inbox& inbox = *inboxes_[static_cast<std::size_t>(shard)];
  Session& session = sessions_[static_cast<std::size_t>(shard)];
  inbox.Save().IgnoreError();
  const absl::Status room = inbox.Prepare();
  const bool open = session.gate.Update(inbox.fullness(), room.ok());
  if (open == session.started) return;
  session.started = open;
  if (open) {
    session.mqtt->Start();
    return;
  }
  log::Warn("inbox", "too full, the MQTT server queues for it",
            {{"shard", shard}, {"fullness", inbox.fullness()}, {"error", ToStd(room.message())}});
  metrics_.SessionPaused();
  session.mqtt->Stop(kGoodbye);
}

void MqttLink::Measure() {
  double bytes = 0;
  double fullness = 0;
  for (const auto& inbox : inboxes_) {
    bytes += static_cast<double>(inbox->used());
    fullness = std::max(fullness, inbox->fullness());
  }
  metrics_.InboxHolds(bytes, fullness);
  metrics_.SessionsConnected(connected());
}

int MqttLink::connected() const {
  return static_cast<int>(std::ranges::count_if(
      sessions_, [](const Session& session) { return session.mqtt && session.mqtt->connected(); }));
}

bool MqttLink::connected(int shard) const {
  const Session& session = sessions_[static_cast<std::size_t>(shard)];
  return session.mqtt && session.mqtt->connected();
}

void MqttLink::SendReceipt(const OutgoingReceipt& receipt) {
  const std::string payload =
      receipt.encoding == Encoding::kJson ? WriteReceiptJson(receipt.receipt) : receipt.receipt.SerializeAsString();
  MqttSession& session = *sessions_[static_cast<std::size_t>(ShardOf(receipt.device))].mqtt;
  const absl::Status status = session.Publish(BuildTopic(TopicKind::kReceipt, receipt.device), payload, 0);
  if (status.ok()) {
    metrics_.ReceiptSent();
  } else {
    metrics_.ReceiptDropped();
  }
}

absl::Status MqttLink::SendCommand(const DueCommand& due) {
  MqttSession& session = *sessions_[static_cast<std::size_t>(ShardOf(due.device))].mqtt;
  return session.Publish(BuildTopic(TopicKind::kDown, due.device), due.command.SerializeAsString(), 1,
                         {.expires_after = due.valid_for});
}

}  // namespace nara::ingest
