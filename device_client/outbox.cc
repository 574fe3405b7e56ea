#include "device_client/outbox.h"

#include <algorithm>
#include <utility>

namespace nara::device_client {
namespace {

using telemetry::v1::Lane;
using telemetry::v1::Receipt;
using telemetry::v1::Record;
using telemetry::v1::Uplink;

constexpr uint64_t kWindow = 64;
constexpr size_t kMaxPayload = 65'536;
// Uplink fields beside the records, generously.
constexpr size_t kUplinkOverhead = 64;
constexpr size_t kRecordOverhead = 16;

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t nanos = absl::ToUnixNanos(time);
  out->set_seconds(nanos / 1'000'000'000);
  out->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

}  // namespace

Outbox::Outbox(Lane lane, OutboxOptions options, Storage& storage, Random random)
    : lane_(lane), options_(options), storage_(storage), random_(std::move(random)) {}

absl::StatusOr<std::unique_ptr<Outbox>> Outbox::Open(Lane lane, OutboxOptions options, Storage& storage,
                                                     Random random) {
  std::unique_ptr<Outbox> outbox(new Outbox(lane, options, storage, std::move(random)));
  if (absl::Status status = outbox->Load(); !status.ok()) return status;
  return outbox;
}

absl::Status Outbox::Load() {
  absl::StatusOr<Kept> kept = storage_.Load();
  if (!kept.ok()) return kept.status();
  for (const KeptEpoch& epoch : kept->epochs) {
    Queue& queue = queues_.emplace_back();
    queue.epoch = epoch.epoch;
    queue.next_seq = epoch.next_seq;
  }
  for (KeptRecord& record : kept->records) {
    Queue* queue = Find(record.epoch);
    if (queue == nullptr) return absl::DataLossError("a kept record belongs to no kept epoch");
    ++records_;
    bytes_ += record.body.size();
    queue->bodies[record.seq] = std::move(record.body);
  }
  return queues_.empty() ? StartEpoch() : absl::OkStatus();
}

absl::Status Outbox::StartEpoch() {
  uint64_t epoch = random_();
  while (epoch == 0 || Find(epoch) != nullptr) epoch = random_();
  if (absl::Status status = storage_.BeginEpoch(epoch); !status.ok()) return status;
  queues_.emplace_back().epoch = epoch;
  return EndEmptyEpochs();
}

absl::StatusOr<uint64_t> Outbox::Put(Record record) {
  Queue& queue = queues_.back();
  record.set_seq(queue.next_seq);
  std::string body = record.SerializeAsString();
  if (body.size() + kUplinkOverhead > kMaxPayload) {
    return absl::InvalidArgumentError("the record is larger than the 65,536 bytes of a payload");
  }
  if (absl::Status status = MakeRoom(body.size()); !status.ok()) return status;
  if (absl::Status status = storage_.Put({queue.epoch, queue.next_seq, body}); !status.ok()) {
    return status;
  }
  ++records_;
  bytes_ += body.size();
  queue.bodies[queue.next_seq] = std::move(body);
  return queue.next_seq++;
}

absl::Status Outbox::MakeRoom(size_t bytes) {
  while (records_ > 0 && (records_ >= options_.max_records || bytes_ + bytes > options_.max_bytes)) {
    if (options_.when_full == WhenFull::kRefuseNew) {
      return absl::ResourceExhaustedError("the outbox is full; connect the device, or let it drop its oldest records");
    }
    if (absl::Status status = DropOldest(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Outbox::DropOldest() {
  const auto queue = std::find_if(queues_.begin(), queues_.end(), [](const Queue& q) { return !q.bodies.empty(); });
  ++dropped_;
  return Forget(*queue, queue->bodies.begin()->first);
}

absl::Status Outbox::Forget(Queue& queue, uint64_t through) {
  if (absl::Status status = storage_.Forget(queue.epoch, through); !status.ok()) return status;
  const auto end = queue.bodies.upper_bound(through);
  for (auto it = queue.bodies.begin(); it != end; it = queue.bodies.erase(it)) {
    --records_;
    bytes_ -= it->second.size();
  }
  return absl::OkStatus();
}

absl::Status Outbox::EndEmptyEpochs() {
  while (queues_.size() > 1 && queues_.front().bodies.empty()) {
    if (absl::Status s = storage_.EndEpoch(queues_.front().epoch); !s.ok()) return s;
    queues_.pop_front();
  }
  return absl::OkStatus();
}

std::optional<Uplink> Outbox::Next(absl::Time now) {
  for (Queue& queue : queues_) {
    StartRoundAgainIfDue(queue, now);
    if (std::optional<Uplink> uplink = Take(queue, now); uplink.has_value()) return uplink;
  }
  return std::nullopt;
}

void Outbox::StartRoundAgainIfDue(Queue& queue, absl::Time now) {
  if (now < queue.resend_at) return;
  queue.sent_through = 0;
  queue.resend_at = absl::InfiniteFuture();
  ++queue.attempt;
}

std::optional<Uplink> Outbox::Take(Queue& queue, absl::Time now) {
  auto next = queue.bodies.upper_bound(queue.sent_through);
  if (next == queue.bodies.end()) return std::nullopt;
  const uint64_t oldest = queue.bodies.begin()->first;
  const uint64_t beyond_window = oldest + kWindow;
  Uplink uplink;
  size_t bytes = kUplinkOverhead;
  for (; next != queue.bodies.end() && next->first < beyond_window; ++next) {
    bytes += next->second.size() + kRecordOverhead;
    const auto taken = static_cast<size_t>(uplink.records_size());
    if (taken > 0 && (taken >= options_.batch_records || bytes > options_.batch_bytes)) break;
    uplink.add_records()->ParseFromString(next->second);
    queue.sent_through = next->first;
  }
  if (uplink.records_size() == 0) return std::nullopt;
  uplink.set_epoch(queue.epoch);
  uplink.set_from(oldest);
  SetTime(now, uplink.mutable_sent());
  queue.resend_at = std::min(queue.resend_at, now + BackOff(queue.attempt));
  return uplink;
}

absl::Duration Outbox::BackOff(int attempt) {
  absl::Duration wait = options_.resend_after;
  for (int i = 0; i < attempt && wait < options_.resend_after_most; ++i) wait *= 2;
  wait = std::min(wait, options_.resend_after_most);
  constexpr uint64_t kSteps = 1000;
  return wait - wait / 2 * static_cast<int64_t>(random_() % kSteps) / kSteps;
}

absl::Time Outbox::next_due() const {
  absl::Time due = absl::InfiniteFuture();
  for (const Queue& queue : queues_) {
    if (queue.bodies.empty()) continue;
    const auto next = queue.bodies.upper_bound(queue.sent_through);
    const bool unsent = next != queue.bodies.end() && next->first < queue.bodies.begin()->first + kWindow;
    due = std::min(due, unsent ? absl::InfinitePast() : queue.resend_at);
  }
  return due;
}

void Outbox::SendAllAgain() {
  for (Queue& queue : queues_) {
    queue.sent_through = 0;
    queue.attempt = 0;
    queue.resend_at = absl::InfiniteFuture();
  }
}

absl::StatusOr<size_t> Outbox::Settle(const Receipt& receipt, absl::Time now) {
  Queue* queue = receipt.lane() == lane_ ? Find(receipt.epoch()) : nullptr;
  if (queue == nullptr || queue->bodies.empty() || receipt.through() < queue->bodies.begin()->first) {
    return size_t{0};
  }
  const size_t before = records_;
  // A receipt beyond what was ever put is the platform's mistake, not ours.
  if (absl::Status s = Forget(*queue, std::min(receipt.through(), queue->next_seq - 1)); !s.ok()) {
    return s;
  }
  const bool in_flight = !queue->bodies.empty() && queue->bodies.begin()->first <= queue->sent_through;
  queue->attempt = 0;
  queue->resend_at = in_flight ? now + BackOff(0) : absl::InfiniteFuture();
  if (absl::Status status = EndEmptyEpochs(); !status.ok()) return status;
  return before - records_;
}

bool Outbox::Keeps(uint64_t epoch, uint64_t seq) const {
  return std::any_of(queues_.begin(), queues_.end(),
                     [&](const Queue& queue) { return queue.epoch == epoch && queue.bodies.count(seq) > 0; });
}

Outbox::Queue* Outbox::Find(uint64_t epoch) {
  const auto found = std::find_if(queues_.begin(), queues_.end(), [epoch](const Queue& q) { return q.epoch == epoch; });
  return found == queues_.end() ? nullptr : &*found;
}

}  // namespace nara::device_client
