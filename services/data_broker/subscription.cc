#include "data_broker/subscription.h"

#include <algorithm>
#include <utility>

#include "common/time/proto_time.h"

namespace nara::broker {
namespace {

std::chrono::milliseconds Millis(const google::protobuf::Timestamp& time) {
  return std::chrono::milliseconds(absl::ToUnixMillis(FromProto(time)));
}

}  // namespace

bool Wish::Wants(const CareRecord& record) const {
  return (units.empty() || !record.party || units.contains(record.party->unit)) &&
         (kinds.empty() || kinds.contains(record.observation.kind()));
}

Subscription::Subscription(Wish wish, const Positions& start, Options options, const Audience& audience,
                           Metrics& metrics)
    : wish_(std::move(wish)),
      options_(options),
      audience_(audience),
      metrics_(metrics),
      considered_(std::make_shared<const Positions>(start)) {}

bool Subscription::MayQueue(const CareRecord& record) {
  if (!wish_.Wants(record)) return false;
  if (!record.party) return true;
  if (record.party->nobody()) return false;
  LearnReach();
  const Party& party = *record.party;
  return (!principal_.empty() && principal_ == party.principal) || units_.contains(party.unit) ||
         residents_.contains(record.observation.resident());
}

void Subscription::LearnReach() {
  const std::uint64_t revision = audience_.rights_revision();
  if (revision == rights_revision_) return;
  rights_revision_ = revision;
  const Audience::Reach reach = audience_.ReachOf(wish_.caller);
  principal_ = reach.principal;
  units_ = {reach.units.begin(), reach.units.end()};
  residents_ = {reach.residents.begin(), reach.residents.end()};
}

// False when there is no room. Catch-up reads the logs itself and may have been ahead:
// what is not behind `reached` was queued before.
bool Subscription::Queue(const CareRecordPtr& record, Position& reached) {
  if (record->position <= reached) return true;
  if (MayQueue(*record)) {
    if (queue_.size() >= options_.capacity) return false;
    queue_.push_back({.record = record, .before = reached});
    if (queue_.back().early()) ++early_;
  }
  reached = record->position;
  return true;
}

bool Subscription::Offer(std::span<const CareRecordPtr> records, const SharedPositions& head) {
  const std::lock_guard lock(mutex_);
  if (!live_) return false;
  Positions reached = *considered_;
  for (const CareRecordPtr& record : records) {
    if (Queue(record, reached[record->log])) continue;
    live_ = false;
    considered_ = std::make_shared<const Positions>(reached);
    metrics_.CatchUpStarted();
    return true;
  }
  considered_ = Covers(*head, reached) ? head : std::make_shared<const Positions>(Latest(reached, *head));
  return queue_.size() > early_;
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
  Positions reached = *considered_;
  for (const CareRecordPtr& record : records) Queue(record, reached[record->log]);
  considered_ = std::make_shared<const Positions>(considered);
  return queue_.size() > early_;
}

std::optional<Party> Subscription::PartyNow(const CareRecord& record) const {
  std::optional<Party> now = audience_.PartyOf(record);
  return now ? now : record.party;
}

CareRecordPtr Subscription::WithPartyNow(const CareRecordPtr& record) const {
  std::optional<Party> party = PartyNow(*record);
  if (party == record->party) return record;
  auto changed = std::make_shared<CareRecord>(*record);
  changed->party = std::move(party);
  return changed;
}

bool Subscription::GoLive(const std::deque<CareRecordPtr>& recent, const SharedPositions& head) {
  const std::lock_guard lock(mutex_);
  Positions reached = *considered_;
  for (const CareRecordPtr& record : recent) {
    if (record->position <= reached[record->log]) continue;
    if (Queue(WithPartyNow(record), reached[record->log])) continue;
    considered_ = std::make_shared<const Positions>(reached);
    return false;
  }
  considered_ = std::make_shared<const Positions>(Latest(reached, *head));
  live_ = true;
  return true;
}

bool Subscription::Full(const Load& load) const {
  return load.records >= options_.max_batch || load.bytes >= options_.max_batch_bytes;
}

// False when rights are out of date: it has to wait.
bool Subscription::Deliver(const Entry& entry, Party party, Load& load) {
  const bool wanted = !party.nobody() && (wish_.units.empty() || wish_.units.contains(party.unit));
  const Audience::Answer answer =
      wanted ? audience_.MayReceive(wish_.caller, party, AboutOf(*entry.record)) : Audience::Answer::kNo;
  if (answer == Audience::Answer::kLater) return false;
  ++load.records;
  if (answer == Audience::Answer::kBlocked) {
    metrics_.Blocked(1);
    return true;
  }
  if (answer == Audience::Answer::kNo) {
    // An early one was never known to be the caller's.
    if (!entry.early()) metrics_.Withheld(1);
    return true;
  }
  v1::Observation& observation = *load.batch.response.add_observations();
  observation = entry.record->observation;
  observation.set_principal(std::move(party.principal));
  observation.set_unit(std::move(party.unit));
  load.bytes += observation.ByteSizeLong();
  load.batch.newest_received = std::max(load.batch.newest_received, Millis(observation.received_at()));
  return true;
}

// Moves the front of the queue to the batch or to what stays. False when there is
// nothing to move.
bool Subscription::Next(Load& load) {
  if (queue_.empty() || Full(load)) return false;
  Entry& entry = queue_.front();
  const std::string& device = entry.record->observation.device();
  std::optional<Party> party = PartyNow(*entry.record);
  const bool waits = !party || load.staying.contains(device);
  const bool done = !waits && Deliver(entry, *std::move(party), load);
  // Rights are out of date: all of a principal's waits, but of units only what is others'.
  if (!waits && !done && !principal_.empty()) return false;
  if (done && entry.early()) --early_;
  if (!done) {
    load.staying.insert(device);
    load.stay.push_back(std::move(entry));
  }
  queue_.pop_front();
  return true;
}

// Where the receiver may resume from: before all that is queued.
Positions Subscription::Resume() const {
  Positions positions = *considered_;
  for (const Entry& entry : queue_) {
    Position& position = positions[entry.record->log];
    position = std::min(position, entry.before);
  }
  return positions;
}

std::optional<Subscription::Batch> Subscription::Take() {
  const std::lock_guard lock(mutex_);
  Load load;
  while (Next(load)) continue;
  queue_.insert(queue_.begin(), load.stay.begin(), load.stay.end());
  if (load.records == 0) return std::nullopt;
  load.batch.after = Resume();
  return std::move(load.batch);
}

Subscription::Batch Subscription::Idle() const {
  const std::lock_guard lock(mutex_);
  Batch batch;
  batch.after = Resume();
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
  return queue_.size() > early_ || (!queue_.empty() && PartyNow(*queue_.front().record));
}

}  // namespace nara::broker
