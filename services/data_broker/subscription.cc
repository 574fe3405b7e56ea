#include "data_broker/subscription.h"

#include <algorithm>
#include <utility>

namespace nara::broker {
namespace {

std::chrono::milliseconds Millis(const google::protobuf::Timestamp& time) {
  return std::chrono::seconds(time.seconds()) + std::chrono::milliseconds(time.nanos() / 1'000'000);
}

}  // namespace

bool Wish::Wants(const CareRecord& record) const {
  return (units.empty() || units.contains(record.party.unit)) &&
         (kinds.empty() || kinds.contains(record.observation.kind()));
}

Subscription::Subscription(Wish wish, const Positions& start, Options options, const Audience& audience,
                           Metrics& metrics)
    : wish_(std::move(wish)),
      options_(options),
      audience_(audience),
      metrics_(metrics),
      considered_(std::make_shared<const Positions>(start)),
      delivered_(start) {}

bool Subscription::MayQueue(const CareRecord& record) {
  if (record.party.nobody() || !wish_.Wants(record)) return false;
  const std::uint64_t revision = audience_.rights_revision();
  if (revision != rights_revision_) answers_.clear();
  rights_revision_ = revision;
  const auto known = answers_.find(record.party.unit);
  if (known != answers_.end()) return known->second != Audience::Answer::kNo;
  const Audience::Answer answer = audience_.MayReceive(wish_.caller, record.party);
  if (answer != Audience::Answer::kLater) answers_.emplace(record.party.unit, answer);
  return answer != Audience::Answer::kNo;
}

bool Subscription::Queue(const CareRecordPtr& record) {
  if (!MayQueue(*record)) return true;
  if (queue_.size() >= options_.capacity) return false;
  queue_.push_back(record);
  return true;
}

bool Subscription::Offer(std::span<const CareRecordPtr> records, const SharedPositions& head) {
  const std::lock_guard lock(mutex_);
  if (!live_) return false;
  Positions reached = *considered_;
  for (const CareRecordPtr& record : records) {
    // Catch-up reads the logs itself and may have been ahead of the feed.
    if (record->position <= reached[record->log]) continue;
    if (!Queue(record)) {
      live_ = false;
      considered_ = std::make_shared<const Positions>(reached);
      metrics_.CatchUpStarted();
      return true;
    }
    reached[record->log] = record->position;
  }
  considered_ = Covers(*head, reached) ? head : std::make_shared<const Positions>(Latest(reached, *head));
  return !queue_.empty();
}

bool Subscription::FallBehind() {
  const std::lock_guard lock(mutex_);
  if (!live_) return false;
  live_ = false;
  metrics_.CatchUpStarted();
  return true;
}

bool Subscription::Fill(std::span<const CareRecordPtr> records, const Positions& considered) {
  const std::lock_guard lock(mutex_);
  for (const CareRecordPtr& record : records) {
    if (MayQueue(*record)) queue_.push_back(record);
  }
  considered_ = std::make_shared<const Positions>(considered);
  return !queue_.empty();
}

CareRecordPtr Subscription::WithPartyNow(const CareRecordPtr& record) const {
  Party party = record->party;
  audience_.PartyOf(*record, party);
  if (party == record->party) return record;
  auto changed = std::make_shared<CareRecord>(*record);
  changed->party = std::move(party);
  return changed;
}

bool Subscription::GoLive(const std::deque<CareRecordPtr>& recent, const SharedPositions& head) {
  const std::lock_guard lock(mutex_);
  Positions reached = *considered_;
  for (const CareRecordPtr& record : recent) {
    Position& position = reached[record->log];
    if (record->position <= position) continue;
    if (!Queue(WithPartyNow(record))) {
      considered_ = std::make_shared<const Positions>(reached);
      return false;
    }
    position = record->position;
  }
  considered_ = std::make_shared<const Positions>(Latest(reached, *head));
  live_ = true;
  return true;
}

bool Subscription::Deliver(const CareRecord& record, Batch& batch) {
  Party party = record.party;
  audience_.PartyOf(record, party);
  const Audience::Answer answer = party.nobody() ? Audience::Answer::kNo : audience_.MayReceive(wish_.caller, party);
  if (answer == Audience::Answer::kLater) return false;
  const bool wanted = wish_.units.empty() || wish_.units.contains(party.unit);
  if (answer == Audience::Answer::kNo || !wanted) {
    metrics_.Withheld(1);
    return true;
  }
  v1::Observation& observation = *batch.response.add_observations();
  observation = record.observation;
  observation.set_principal(std::move(party.principal));
  observation.set_unit(std::move(party.unit));
  batch.newest_received = std::max(batch.newest_received, Millis(observation.received_at()));
  return true;
}

std::optional<Subscription::Batch> Subscription::Take() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) return std::nullopt;
  Batch batch;
  std::size_t bytes = 0;
  std::size_t taken = 0;
  while (!queue_.empty() && taken < options_.max_batch && bytes < options_.max_batch_bytes) {
    const CareRecord& record = *queue_.front();
    if (!Deliver(record, batch)) break;
    bytes += record.observation.ByteSizeLong();
    delivered_[record.log] = std::max(delivered_[record.log], record.position);
    queue_.pop_front();
    ++taken;
  }
  if (taken == 0) return std::nullopt;
  if (queue_.empty()) delivered_ = *considered_;
  batch.after = delivered_;
  return batch;
}

Subscription::Batch Subscription::Idle() const {
  const std::lock_guard lock(mutex_);
  Batch batch;
  batch.after = queue_.empty() ? *considered_ : delivered_;
  return batch;
}

std::size_t Subscription::Room() const {
  const std::lock_guard lock(mutex_);
  return options_.capacity - std::min(options_.capacity, queue_.size());
}

Positions Subscription::considered() const {
  const std::lock_guard lock(mutex_);
  return *considered_;
}

bool Subscription::ClaimCatchUp() {
  const std::lock_guard lock(mutex_);
  if (live_ || claimed_ || queue_.size() > options_.capacity / 2) return false;
  claimed_ = true;
  return true;
}

bool Subscription::ReleaseCatchUp() {
  const std::lock_guard lock(mutex_);
  claimed_ = false;
  return !live_;
}

bool Subscription::live() const {
  const std::lock_guard lock(mutex_);
  return live_;
}

bool Subscription::pending() const {
  const std::lock_guard lock(mutex_);
  return !queue_.empty();
}

}  // namespace nara::broker
