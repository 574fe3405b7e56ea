#include "device_client/client.h"

#include <future>
#include <random>
#include <utility>

namespace nara::device_client {
namespace {

using telemetry::v1::Command;
using telemetry::v1::Lane;
using telemetry::v1::LANE_ALARM;
using telemetry::v1::LANE_MEASUREMENT;
using telemetry::v1::Receipt;
using telemetry::v1::Record;
using telemetry::v1::Status;

uint64_t DrawRandom() {
  static thread_local std::random_device device;
  return (static_cast<uint64_t>(device()) << 32U) | device();
}

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t nanos = absl::ToUnixNanos(time);
  out->set_seconds(nanos / 1'000'000'000);
  out->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

std::string StatusPayload(bool online, absl::Time at, const std::string& firmware) {
  Status status;
  status.set_online(online);
  SetTime(at, status.mutable_at());
  status.set_firmware(firmware);
  return status.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Client::Start(ClientOptions options, Storage& measurement, Storage& alarm,
                                                      Transport& transport, ClientEvents events) {
  if (!IsDeviceId(options.device)) {
    return absl::InvalidArgumentError("device id \"" + options.device +
                                      "\" is not [a-z0-9][a-z0-9-]{2,62}, or begins with nara-");
  }
  if (options.contact_interval < absl::Seconds(1)) {
    return absl::InvalidArgumentError("the contact interval is shorter than a second");
  }
  auto m = Outbox::Open(LANE_MEASUREMENT, options.measurement, measurement, DrawRandom);
  if (!m.ok()) return m.status();
  auto a = Outbox::Open(LANE_ALARM, options.alarm, alarm, DrawRandom);
  if (!a.ok()) return a.status();
  auto commands = measurement.LoadCommands();
  if (!commands.ok()) return commands.status();
  Lanes lanes{.measurement = *std::move(m),
              .alarm = *std::move(a),
              .commands = std::make_unique<CommandBook>(measurement, *commands)};
  std::unique_ptr<Client> client(new Client(options, std::move(lanes), transport, std::move(events)));
  client->link_ = transport.Open(client->MakeLinkOptions(options), *client);
  client->link_->Connect();
  return client;
}

Client::Client(ClientOptions options, Lanes lanes, Transport& transport, ClientEvents events)
    : firmware_(std::move(options.firmware)),
      longest_silence_(options.contact_interval / 2),
      topics_(TopicsOf(options.device)),
      transport_(transport),
      events_(std::move(events)),
      lanes_(std::move(lanes)) {}

Client::~Client() {
  std::promise<void> stopped;
  transport_.Post([this, &stopped] {
    *alive_ = false;
    stopped.set_value();
  });
  stopped.get_future().wait();
  link_.reset();
}

LinkOptions Client::MakeLinkOptions(const ClientOptions& options) const {
  return {.device = options.device,
          .identity = options.identity,
          .password = options.password,
          .subscriptions = {topics_.receipt, topics_.down},
          .will_topic = topics_.status,
          .will_payload = StatusPayload(false, transport_.Now(), firmware_)};
}

absl::StatusOr<uint64_t> Client::Send(Lane lane, Record record) {
  if (!record.has_at()) SetTime(transport_.Now(), record.mutable_at());
  const std::lock_guard lock(mutex_);
  absl::StatusOr<uint64_t> seq = OutboxOf(lane).Put(std::move(record));
  if (seq.ok() && up_ && !flush_posted_) {
    flush_posted_ = true;
    Later(absl::InfinitePast(), &Client::FlushBoth);
  }
  return seq;
}

void Client::FlushBoth() {
  {
    const std::lock_guard lock(mutex_);
    flush_posted_ = false;
  }
  Flush(LANE_ALARM);
  Flush(LANE_MEASUREMENT);
  SchedulePending();
}

// One that fails counts too: the link is about to go down, and begins with a birth when it is up again.
absl::Status Client::Say(const std::string& topic, const std::string& payload) {
  silent_until_ = transport_.Now() + longest_silence_;
  return link_->Publish(topic, payload);
}

void Client::SayBirth() {
  Say(topics_.status, StatusPayload(true, transport_.Now(), firmware_)).IgnoreError();
}

void Client::WatchSilence() {
  if (!std::exchange(watches_silence_, true)) Later(silent_until_, &Client::EndSilence);
}

void Client::EndSilence() {
  watches_silence_ = false;
  if (!connected()) return;
  if (silent_until_ <= transport_.Now()) SayBirth();
  WatchSilence();
}

void Client::Flush(Lane lane) {
  const std::string& topic = lane == LANE_ALARM ? topics_.alarm : topics_.up;
  const std::lock_guard lock(mutex_);
  while (up_) {
    const auto uplink = OutboxOf(lane).Next(transport_.Now());
    if (!uplink.has_value()) return;
    // What cannot be published now is sent again: the link is about to go down.
    if (!Say(topic, uplink->SerializeAsString()).ok()) return;
  }
}

void Client::SchedulePending() {
  absl::Time due = absl::InfiniteFuture();
  {
    const std::lock_guard lock(mutex_);
    if (up_) due = std::min(lanes_.alarm->next_due(), lanes_.measurement->next_due());
  }
  if (due == absl::InfiniteFuture() || due >= wake_at_) return;
  // At the earliest in a moment, so that a link that refuses is not spun on.
  wake_at_ = std::max(due, transport_.Now() + absl::Milliseconds(20));
  const std::weak_ptr<bool> alive = alive_;
  transport_.PostAt(wake_at_, [this, alive] {
    const auto still = alive.lock();
    if (!still || !*still) return;
    wake_at_ = absl::InfiniteFuture();
    FlushBoth();
  });
}

void Client::Later(absl::Time at, void (Client::*task)()) {
  transport_.PostAt(at, [this, task, alive = std::weak_ptr<bool>(alive_)] {
    const auto still = alive.lock();
    if (still && *still) (this->*task)();
  });
}

void Client::OnUp() {
  {
    const std::lock_guard lock(mutex_);
    up_ = true;
    lanes_.measurement->SendAllAgain();
    lanes_.alarm->SendAllAgain();
  }
  SayBirth();
  WatchSilence();
  if (events_.connection) events_.connection(true, absl::OkStatus());
  FlushBoth();
}

void Client::OnDown(const absl::Status& why) {
  {
    const std::lock_guard lock(mutex_);
    up_ = false;
  }
  if (events_.connection) events_.connection(false, why);
}

void Client::OnMessage(const std::string& topic, const std::string& payload) {
  if (topic == topics_.receipt) OnReceipt(payload);
  if (topic == topics_.down) OnCommand(payload);
}

void Client::OnReceipt(const std::string& payload) {
  Receipt receipt;
  if (!receipt.ParseFromString(payload)) return;
  {
    const std::lock_guard lock(mutex_);
    // A storage that fails keeps the records: they are sent and settled again.
    OutboxOf(receipt.lane()).Settle(receipt, transport_.Now()).status().IgnoreError();
  }
  if (events_.receipt) events_.receipt(receipt);
  Flush(receipt.lane());
  SchedulePending();
}

void Client::OnCommand(const std::string& payload) {
  Command command;
  if (!command.ParseFromString(payload)) return;
  CommandBook::Decision decision;
  {
    const std::lock_guard lock(mutex_);
    decision = lanes_.commands->Take(command, transport_.Now());
  }
  if (decision.step == CommandBook::Step::kCarryOut) CarryOut(command);
  if (decision.step == CommandBook::Step::kAnswer) SendAnswer(command.id(), decision.result);
}

void Client::CarryOut(const Command& command) {
  const bool ours = command.kind() == "new_epoch";
  const bool begun = ours && StartEpochs();
  CommandResult result = CommandResult::kRefused;
  if (events_.command && (begun || !ours)) result = events_.command(command);
  if (ours) result = begun ? CommandResult::kDone : CommandResult::kFailed;
  // An answer that cannot be kept is asked for again.
  if (result != CommandResult::kLater) Answer(command.id(), result).IgnoreError();
}

bool Client::StartEpochs() {
  const std::lock_guard lock(mutex_);
  return lanes_.measurement->StartEpoch().ok() && lanes_.alarm->StartEpoch().ok();
}

absl::Status Client::Answer(const std::string& id, CommandResult result) {
  {
    const std::lock_guard lock(mutex_);
    if (absl::Status status = lanes_.commands->End(id, result); !status.ok()) return status;
  }
  SendAnswer(id, result);
  return absl::OkStatus();
}

void Client::SendAnswer(const std::string& id, CommandResult result) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(answers_, [this](const auto& answer) {
      return !lanes_.measurement->Keeps(answer.second.epoch, answer.second.seq);
    });
    if (answers_.contains(id)) return;
  }
  // What the outbox does not take is asked for again.
  const absl::StatusOr<uint64_t> seq = Send(LANE_MEASUREMENT, AnswerRecord(id, result));
  if (!seq.ok()) return;
  const std::lock_guard lock(mutex_);
  answers_[id] = {lanes_.measurement->epoch(), *seq};
}

Outbox& Client::OutboxOf(Lane lane) const {
  return lane == LANE_ALARM ? *lanes_.alarm : *lanes_.measurement;
}

size_t Client::waiting() const {
  const std::lock_guard lock(mutex_);
  return lanes_.measurement->size() + lanes_.alarm->size();
}

uint64_t Client::dropped() const {
  const std::lock_guard lock(mutex_);
  return lanes_.measurement->dropped() + lanes_.alarm->dropped();
}

uint64_t Client::epoch(Lane lane) const {
  const std::lock_guard lock(mutex_);
  return OutboxOf(lane).epoch();
}

bool Client::connected() const {
  const std::lock_guard lock(mutex_);
  return up_;
}

}  // namespace nara::device_client
