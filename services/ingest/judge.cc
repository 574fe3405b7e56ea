#include "ingest/judge.h"

#include <utility>

#include "common/catalogue/check_record.h"
#include "common/time/proto_time.h"
#include "ingest/commands.h"
#include "ingest/time_rules.h"

namespace nara::ingest {
namespace {

using nara::registry::v1::Assignment;
using nara::telemetry::v1::Record;

// An answer to a command is about the device and names nobody.
std::optional<Refusal> CheckPerson(const Assignment* assignment, const Record& record) {
  if (assignment == nullptr || record.kind() == kCommandAnsweredKind) return std::nullopt;
  const bool shared = !assignment->unit().empty();
  if (shared && record.person().empty()) {
    return Refusal{"wrong_person", "a shared device names the person of each record"};
  }
  if (!shared && !record.person().empty() && record.person() != assignment->resident()) {
    return Refusal{"wrong_person", "the device is assigned to somebody else"};
  }
  return std::nullopt;
}

RecordTime TimeOf(const Circumstances& circumstances, const Record& record) {
  ClockReading reading;
  if (record.has_at()) reading.at = FromProto(record.at());
  reading.sent = circumstances.sent;
  reading.received = circumstances.origin.received_at;
  reading.received_in_doubt = circumstances.origin.clock_in_doubt;
  RecordTime time = Correct(reading);
  const Assignment* assignment = circumstances.assignment;
  if (assignment != nullptr) FitStart(reading, FromProto(assignment->start_at()), time);
  return time;
}

// Why the record does not belong to the assignment for certain.
std::optional<Refusal> Doubt(const Circumstances& circumstances, const RecordTime& time) {
  if (circumstances.route == nullptr) return Refusal{"no_assignment", "the device is not registered"};
  const Assignment* assignment = circumstances.assignment;
  if (assignment == nullptr) return Refusal{"no_assignment", "the device was nobody's when this arrived"};
  const absl::Time start = FromProto(assignment->start_at());
  const absl::Time end = assignment->has_end_at() ? FromProto(assignment->end_at()) : absl::InfiniteFuture();
  auto doubt = TimeInDoubt(time, circumstances.origin.received_at, start, end);
  if (!doubt) return std::nullopt;
  return Refusal{"time_in_doubt", *std::move(doubt)};
}

void Accept(const Circumstances& circumstances, const RecordTime& time, const Record& record, Verdict& verdict) {
  verdict.log = verdict.alarm_class ? Log::kAlarm : Log::kMeasurement;
  // A unit's device is shared: each record says whose it is.
  const Assignment& assignment = *circumstances.assignment;
  verdict.resident = assignment.unit().empty() ? assignment.resident() : record.person();
  verdict.clock_offset = time.clock_offset;
  if (time.ahead) verdict.flags.push_back(nara::telemetry::v1::FLAG_TIME_AHEAD);
  if (time.unchecked) verdict.flags.push_back(nara::telemetry::v1::FLAG_TIME_UNCHECKED);
  if (time.missing) verdict.flags.push_back(nara::telemetry::v1::FLAG_TIME_MISSING);
  if (verdict.alarm_class && circumstances.origin.lane != Lane::kAlarm) {
    verdict.flags.push_back(nara::telemetry::v1::FLAG_WRONG_LANE);
  }
}

Verdict& Refuse(Verdict& verdict, Verdict::Answer answer, Refusal refusal) {
  verdict.answer = answer;
  verdict.refusal = std::move(refusal);
  return verdict;
}

}  // namespace

std::optional<Refusal> Judge::Reject(const Circumstances& circumstances, const std::optional<Refusal>& form,
                                     Record& record) const {
  if (form) return form;
  const Kind* kind = catalogue_.FindKind(record.kind());
  if (kind != nullptr && !kind->alarm_class && circumstances.origin.lane == Lane::kAlarm) {
    return Refusal{"wrong_lane", "a measurement goes to the topic .../up"};
  }
  if (auto refusal = CheckPerson(circumstances.assignment, record)) return refusal;
  // Without a route the product is not known: what can be checked is checked when the record is replayed.
  if (circumstances.route == nullptr) return std::nullopt;
  auto problem = CheckRecord(catalogue_, circumstances.route->product(), record);
  if (!problem) return std::nullopt;
  return Refusal{std::move(problem->reason), std::move(problem->detail)};
}

Verdict Judge::Decide(const Circumstances& circumstances, const std::optional<Refusal>& form, Record& record) const {
  Verdict verdict;
  const Kind* kind = catalogue_.FindKind(record.kind());
  verdict.alarm_class = kind != nullptr && kind->alarm_class;
  const RecordTime time = TimeOf(circumstances, record);
  auto doubt = Doubt(circumstances, time);
  verdict.in_assignment = !doubt;
  verdict.effective_at = time.effective;
  if (auto refusal = Reject(circumstances, form, record)) {
    return Refuse(verdict, Verdict::Answer::kRejected, *std::move(refusal));
  }
  if (doubt) return Refuse(verdict, Verdict::Answer::kHeld, *std::move(doubt));
  Accept(circumstances, time, record, verdict);
  return verdict;
}

}  // namespace nara::ingest
