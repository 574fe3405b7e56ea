#include "ingest/uplink_job.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/routes/timeline.h"
#include "common/time/proto_time.h"
#include "ingest/identity.h"
#include "ingest/log_record.h"
#include "nara/ingest/v1/ingest.pb.h"

namespace nara::ingest {
namespace {

using nara::ingest::v1::Quarantined;
using nara::telemetry::v1::LogRecord;
using nara::telemetry::v1::Record;
using What = UplinkJob::Outcome::What;

Quarantined Describe(const Origin& origin, const Refusal& refusal, bool held) {
  Quarantined quarantined;
  quarantined.set_device(origin.device);
  quarantined.set_lane(ToProto(origin.lane));
  quarantined.set_reason(refusal.reason);
  quarantined.set_detail(refusal.detail);
  quarantined.set_disposition(held ? nara::ingest::v1::DISPOSITION_HELD : nara::ingest::v1::DISPOSITION_REJECTED);
  *quarantined.mutable_received_at() = nara::ToProto(origin.received_at);
  quarantined.set_clock_in_doubt(origin.clock_in_doubt);
  return quarantined;
}

void Place(Quarantined& quarantined, const std::string& assignment, absl::Time effective_at) {
  quarantined.set_assignment(assignment);
  *quarantined.mutable_effective_at() = nara::ToProto(effective_at);
}

}  // namespace

UplinkJob::UplinkJob(const Judge& judge, Origin origin, RoutePointer route, DecodeResult decoded, std::string_view raw)
    : judge_(judge),
      origin_(std::move(origin)),
      route_(std::move(route)),
      whole_(std::move(decoded.refusal)),
      raw_(raw),
      forms_(std::move(decoded.decoded.refusals)),
      uplink_(std::move(decoded.decoded.uplink)) {
  receipt_.set_lane(ToProto(origin_.lane));
  if (route_) {
    const auto* current = AssignmentAt(*route_, nara::ToProto(origin_.received_at));
    if (current != nullptr) assignment_ = current->id();
  }
  if (whole_) return;
  receipt_.set_epoch(uplink_.epoch());
  receipt_.set_ref(uplink_.ref());
  JudgeAll();
}

const nara::registry::v1::Assignment* UplinkJob::Assignment() const {
  return route_ && !assignment_.empty() ? FindAssignment(*route_, assignment_) : nullptr;
}

void UplinkJob::JudgeAll() {
  Circumstances circumstances{origin_, route_.get(), Assignment(), std::nullopt};
  if (uplink_.has_sent()) circumstances.sent = FromProto(uplink_.sent());
  judged_ = uplink_;
  verdicts_.clear();
  for (std::size_t i = 0; i < forms_.size(); ++i) {
    verdicts_.push_back(judge_.Decide(circumstances, forms_[i], *judged_.mutable_records(static_cast<int>(i))));
  }
}

AppendCall UplinkJob::EmptyCall(std::uint64_t token) const {
  AppendCall call;
  call.device = origin_.device;
  call.lane = origin_.lane;
  call.token = token;
  call.now = absl::ToChronoTime(origin_.received_at);
  return call;
}

AppendCall UplinkJob::NextCall(std::uint64_t token) const {
  if (whole_) return WholePayloadCall(token);
  if (stage_ == Stage::kConflicts) return ConflictCall(token);
  AppendCall call = EmptyCall(token);
  call.epoch = uplink_.epoch();
  call.from = uplink_.from();
  call.assignment = assignment_;
  for (std::size_t i = 0; i < verdicts_.size(); ++i) call.records.push_back(RecordFor(i));
  for (const std::string& reason : TechnicalReasons()) call.records.push_back(Technical(reason));
  return call;
}

AppendCall UplinkJob::WholePayloadCall(std::uint64_t token) const {
  AppendCall call = EmptyCall(token);
  if (!origin_.platform) call.records.push_back(QuarantinePayload());
  if (origin_.lane == Lane::kAlarm) call.records.push_back(Technical(whole_->reason));
  return call;
}

AppendCall UplinkJob::ConflictCall(std::uint64_t token) const {
  AppendCall call = EmptyCall(token);
  for (const std::size_t index : conflicts_) {
    AppendRecord record = Quarantine(index, {"conflict", "this sequence came before with other content"}, false);
    record.seq = 0;
    record.hash_id = Hash64(absl::StrCat(
        EventId(origin_.device, origin_.lane, uplink_.epoch(), uplink_.records(static_cast<int>(index)).seq()), "\n",
        record.digest));
    call.records.push_back(std::move(record));
    if (verdicts_[index].alarm_class) call.records.push_back(Technical("conflict"));
  }
  return call;
}

AppendRecord UplinkJob::RecordFor(std::size_t index) const {
  const Verdict& verdict = verdicts_[index];
  AppendRecord record = verdict.answer == Verdict::Answer::kAccepted
                            ? Good(index)
                            : Quarantine(index, verdict.refusal, verdict.answer == Verdict::Answer::kHeld);
  const Record& sent = uplink_.records(static_cast<int>(index));
  // A sequence that is not right cannot be counted; the record is told apart by its content.
  const bool counts = uplink_.epoch() != 0 && verdict.refusal.reason != "bad_sequence";
  record.seq = counts ? sent.seq() : 0;
  if (record.seq == 0) record.hash_id = RecordHash(origin_.device, sent, absl::ToUnixMillis(origin_.received_at));
  record.alarm_class = verdict.alarm_class;
  return record;
}

AppendRecord UplinkJob::Good(std::size_t index) const {
  const int i = static_cast<int>(index);
  return ForLog(origin_, *route_, assignment_, uplink_.epoch(),
                {uplink_.records(i), judged_.records(i), verdicts_[index]});
}

AppendRecord UplinkJob::Quarantine(std::size_t index, const Refusal& refusal, bool held) const {
  const Record& sent = uplink_.records(static_cast<int>(index));
  Quarantined quarantined = Describe(origin_, refusal, held);
  quarantined.set_epoch(uplink_.epoch());
  quarantined.set_seq(sent.seq());
  if (uplink_.has_sent()) *quarantined.mutable_sent() = uplink_.sent();
  // What could not be read as a record is kept as it came, once for an uplink.
  const auto first_bad = std::ranges::find_if(forms_, [](const auto& form) { return form.has_value(); });
  const bool raw = !raw_.empty() && first_bad == forms_.begin() + static_cast<std::ptrdiff_t>(index);
  quarantined.set_payload(raw ? std::string(raw_) : sent.SerializeAsString());
  const bool certain = verdicts_[index].in_assignment && !raw && (!forms_[index] || sent.has_at());
  if (certain || IsTheOnlyAssignment()) {
    Place(quarantined, assignment_, certain ? verdicts_[index].effective_at : origin_.received_at);
  }
  AppendRecord record;
  record.to = AppendTo::kQuarantineLog;
  record.digest = ContentDigest(sent);
  record.payload = quarantined.SerializeAsString();
  return record;
}

// What cannot be read has no time, and one in doubt says nothing: it may be from any of the assignments.
bool UplinkJob::IsTheOnlyAssignment() const {
  return Assignment() != nullptr && route_->assignments_size() == 1;
}

AppendRecord UplinkJob::QuarantinePayload() const {
  Quarantined quarantined = Describe(origin_, *whole_, false);
  quarantined.set_payload(std::string(raw_));
  if (IsTheOnlyAssignment()) Place(quarantined, assignment_, origin_.received_at);
  AppendRecord record;
  record.to = AppendTo::kQuarantineLog;
  record.hash_id = Hash64(absl::StrJoin({origin_.device, whole_->reason, whole_->detail, std::string(raw_)}, "\n"));
  record.payload = quarantined.SerializeAsString();
  return record;
}

AppendRecord UplinkJob::Technical(const std::string& reason) const {
  const std::string kind = origin_.platform ? reason : kQuarantinedKind;
  AppendRecord record;
  record.to = AppendTo::kAlarmLog;
  record.hash_id = Hash64(absl::StrCat(origin_.device, "\n", kind, "\n", reason));
  record.technical = true;
  LogRecord log;
  // The arrival is part of the id: after ten minutes of silence it is a new event.
  log.set_event_id(EventId(origin_.device, origin_.lane, record.hash_id,
                           static_cast<std::uint64_t>(absl::ToUnixSeconds(origin_.received_at))));
  log.set_device(origin_.device);
  log.set_lane(ToProto(origin_.lane));
  log.set_epoch(record.hash_id);
  log.mutable_record()->set_kind(kind);
  log.mutable_record()->set_episode(reason);
  *log.mutable_effective_at() = nara::ToProto(origin_.received_at);
  *log.mutable_received_at() = nara::ToProto(origin_.received_at);
  if (route_) {
    log.set_route_revision(route_->revision());
    log.set_product(route_->product());
  }
  record.payload = log.SerializeAsString();
  return record;
}

std::vector<std::string> UplinkJob::TechnicalReasons() const {
  std::set<std::string> reasons;
  for (const Verdict& verdict : verdicts_) {
    const bool alarming = verdict.alarm_class || origin_.lane == Lane::kAlarm;
    if (verdict.answer != Verdict::Answer::kAccepted && alarming) reasons.insert(verdict.refusal.reason);
  }
  return {reasons.begin(), reasons.end()};
}

void UplinkJob::Refuse(Refusal refusal) {
  whole_ = std::move(refusal);
  receipt_.clear_epoch();
}

void UplinkJob::PutBack(Refusal refusal) {
  Refuse(std::move(refusal));
  raw_ = {};
  origin_.answered = true;
}

void UplinkJob::Again() {
  stage_ = Stage::kAppend;
  conflicts_.clear();
  outcomes_.clear();
  receipt_.clear_held();
  receipt_.clear_rejected();
}

std::size_t UplinkJob::alarms() const {
  if (origin_.lane == Lane::kAlarm) return size();
  return static_cast<std::size_t>(std::ranges::count_if(verdicts_, &Verdict::alarm_class));
}

absl::Status UplinkJob::Take(const AppendResult& result) {
  if (result.rebound) {
    assignment_ = result.assignment;
    JudgeAll();
    return absl::OkStatus();
  }
  if (!result.status.ok()) return result.status;
  if (stage_ == Stage::kConflicts) {
    stage_ = Stage::kDone;
    return absl::OkStatus();
  }
  TakeResults(result);
  stage_ = conflicts_.empty() ? Stage::kDone : Stage::kConflicts;
  return absl::OkStatus();
}

void UplinkJob::TakeResults(const AppendResult& result) {
  receipt_.set_through(result.through);
  if (whole_) return Reject(0, *whole_);
  for (std::size_t i = 0; i < verdicts_.size(); ++i) TakeOne(i, result.records[i]);
}

void UplinkJob::TakeOne(std::size_t index, RecordResult result) {
  const Verdict& verdict = verdicts_[index];
  const std::uint64_t seq = uplink_.records(static_cast<int>(index)).seq();
  if (result == RecordResult::kBeyondWindow) return outcomes_.push_back({What::kBeyondWindow, ""});
  if (result == RecordResult::kConflict) {
    conflicts_.push_back(index);
    return Reject(seq, {"conflict", "this sequence came before with other content"});
  }
  if (verdict.answer == Verdict::Answer::kRejected) return Reject(seq, verdict.refusal);
  if (verdict.answer == Verdict::Answer::kHeld) {
    receipt_.add_held(seq);
    return outcomes_.push_back({What::kHeld, verdict.refusal.reason});
  }
  // It would be taken now, but it came before and has been in quarantine since.
  if (result == RecordResult::kInQuarantine) receipt_.add_held(seq);
  outcomes_.push_back({result == RecordResult::kAppended ? What::kAppended : What::kDuplicate, ""});
}

std::vector<CommandAnswer> UplinkJob::Answers() const {
  std::vector<CommandAnswer> answers;
  if (whole_) return answers;
  for (std::size_t i = 0; i < outcomes_.size(); ++i) {
    if (outcomes_[i].what == What::kBeyondWindow || outcomes_[i].reason == "conflict") continue;
    CommandAnswer answer = ReadAnswer(uplink_.records(static_cast<int>(i)));
    if (answer.id.empty()) continue;
    answer.device = origin_.device;
    answer.at = origin_.received_at;
    answers.push_back(std::move(answer));
  }
  return answers;
}

void UplinkJob::Reject(std::uint64_t seq, const Refusal& refusal) {
  auto& rejection = *receipt_.add_rejected();
  rejection.set_seq(seq);
  rejection.set_reason(refusal.reason);
  rejection.set_detail(refusal.detail);
  outcomes_.push_back({What::kRejected, refusal.reason});
}

}  // namespace nara::ingest
