#include "data_broker/subscription.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/time/proto_time.h"

namespace nara::broker {
namespace {

std::chrono::milliseconds Millis(const google::protobuf::Timestamp& time) {
  return std::chrono::milliseconds(absl::ToUnixMillis(FromProto(time)));
}

}  // namespace

bool Wish::Wants(const CareRecord& record) const {
  return (!record.party || Wants(*record.party)) && (kinds.empty() || kinds.contains(record.observation.kind()));
}

Subscription::Subscription(Wish wish, const Place& start, Options options, const Audience& audience, Metrics& metrics)
    : wish_(std::move(wish)),
      options_(options),
      audience_(audience),
      metrics_(metrics),
      considered_(std::make_shared<const Positions>(start.logs)),
      noticed_(start.notice) {}

bool Subscription::MayQueue(const CareRecord& record) {
  if (!wish_.Wants(record)) return false;
  if (!record.party) return true;
  if (record.party->nobody()) return false;
  LearnReach();
  const Party& party = *record.party;
  return (!principal_.empty() && principal_ == party.principal) || units_.contains(party.unit) ||
         residents_.contains(record.resident);
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

std::optional<Holder> Subscription::HolderNow(const CareRecord& record) const {
  std::optional<Holder> now = audience_.HolderOf(record);
  if (now || !record.party) return now;
  return Holder{record.assignment, record.resident, *record.party};
}

CareRecordPtr Subscription::WithPartyNow(const CareRecordPtr& record) const {
  std::optional<Holder> holder = HolderNow(*record);
  if (!holder || holder->party == record->party) return record;
  auto changed = std::make_shared<CareRecord>(*record);
  changed->party = std::move(holder->party);
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

v1::Observation& Subscription::Put(const CareRecord& record, const Holder& holder, Load& load) const {
  v1::Observation& observation = *load.batch.response.add_observations();
  observation = record.observation;
  observation.set_resident(holder.resident);
  observation.set_principal(holder.party.principal);
  observation.set_unit(holder.party.unit);
  load.bytes += observation.ByteSizeLong();
  return observation;
}

// False when rights are out of date: it has to wait.
bool Subscription::Deliver(const Entry& entry, const Holder& holder, Load& load) {
  const bool wanted = !holder.party.nobody() && wish_.Wants(holder.party);
  const Audience::Answer answer =
      wanted ? audience_.MayReceive(wish_.caller, holder.party, AboutOf(*entry.record, holder)) : Audience::Answer::kNo;
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
  const v1::Observation& observation = Put(*entry.record, holder, load);
  load.batch.newest_received = std::max(load.batch.newest_received, Millis(observation.received_at()));
  return true;
}

// What is reissued is for whose it is now: has it moved on, another notice says to where.
Audience::Answer Subscription::MayHave(const Notice& notice, const std::optional<Holder>& holder) const {
  if (!wish_.Wants(notice.party)) return Audience::Answer::kNo;
  // A block does not keep from anybody that what was delivered is not theirs.
  if (notice.what == Notice::What::kWithdrawn) return audience_.MayReceive(wish_.caller, notice.party, {});
  if (!holder || holder->party.unit != notice.party.unit) return Audience::Answer::kNo;
  return audience_.MayReceive(wish_.caller, notice.party, AboutOf(*notice.record, *holder));
}

void Subscription::Deliver(const Notice& notice, const std::optional<Holder>& holder, Load& load) const {
  if (notice.what == Notice::What::kReissued) {
    Put(*notice.record, *holder, load).set_reissued_by(notice.revision);
    return;
  }
  v1::Withdrawn& withdrawn = *load.batch.response.add_withdrawn();
  withdrawn.set_id(notice.id);
  withdrawn.set_device(notice.device);
  withdrawn.set_unit(notice.party.unit);
  *withdrawn.mutable_start_at() = notice.start_at;
  *withdrawn.mutable_end_at() = notice.end_at;
  withdrawn.set_revision(notice.revision);
  load.bytes += withdrawn.ByteSizeLong();
}

bool Subscription::NextNotice(Load& load) {
  if (notices_.empty() || Full(load)) return false;
  const Notice& notice = notices_.front();
  // The same one is asked about and delivered to.
  const std::optional<Holder> holder = notice.record ? HolderNow(*notice.record) : std::nullopt;
  const Audience::Answer answer = MayHave(notice, holder);
  if (answer == Audience::Answer::kLater) return false;
  ++load.records;
  if (answer == Audience::Answer::kYes) Deliver(notice, holder, load);
  if (answer == Audience::Answer::kNo) metrics_.Withheld(1);
  if (answer == Audience::Answer::kBlocked) metrics_.Blocked(1);
  notices_.pop_front();
  return true;
}

// Moves the front of the queue to the batch or to what stays. False when there is
// nothing to move.
bool Subscription::Next(Load& load) {
  if (queue_.empty() || Full(load)) return false;
  Entry& entry = queue_.front();
  const std::string& device = entry.record->observation.device();
  const std::optional<Holder> holder = HolderNow(*entry.record);
  const bool waits = !holder || load.staying.contains(device);
  const bool done = !waits && Deliver(entry, *holder, load);
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
Place Subscription::Resume() const {
  Place place{.logs = *considered_, .notice = noticed_};
  for (const Entry& entry : queue_) {
    Position& position = place.logs[entry.record->log];
    position = std::min(position, entry.before);
  }
  if (!notices_.empty()) place.notice = notices_.front().number - 1;
  return place;
}

std::optional<Subscription::Batch> Subscription::Take() {
  const std::lock_guard lock(mutex_);
  Load load;
  while (NextNotice(load)) continue;
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

bool Subscription::Notify(std::vector<Notice> notices, std::uint64_t noticed) {
  const std::lock_guard lock(mutex_);
  std::ranges::move(notices, std::back_inserter(notices_));
  noticed_ = noticed;
  return !notices_.empty();
}

std::size_t Subscription::NoticeRoom() const {
  const std::lock_guard lock(mutex_);
  return options_.notices - std::min(options_.notices, notices_.size());
}

std::uint64_t Subscription::noticed() const {
  const std::lock_guard lock(mutex_);
  return noticed_;
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
  if (!notices_.empty() || queue_.size() > early_) return true;
  return !queue_.empty() && HolderNow(*queue_.front().record).has_value();
}

}  // namespace nara::broker
