#include "data_broker/record_reader.h"

#include <memory>
#include <utility>

#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::broker {
namespace {

using nara::telemetry::v1::LogRecord;

// Beyond this many devices whose routes never came, old waits are forgotten.
constexpr std::size_t kMaxWaits = 4096;

v1::Observation MakeObservation(LogRecord& log_record) {
  v1::Observation observation;
  observation.set_id(std::move(*log_record.mutable_event_id()));
  observation.set_device(std::move(*log_record.mutable_device()));
  observation.set_product(std::move(*log_record.mutable_product()));
  observation.set_resident(std::move(*log_record.mutable_resident()));
  observation.set_kind(std::move(*log_record.mutable_record()->mutable_kind()));
  observation.mutable_values()->Swap(log_record.mutable_record()->mutable_values());
  observation.set_episode(std::move(*log_record.mutable_record()->mutable_episode()));
  *observation.mutable_effective_at() = log_record.effective_at();
  *observation.mutable_received_at() = log_record.received_at();
  if (log_record.record().has_at()) *observation.mutable_device_at() = log_record.record().at();
  *observation.mutable_flags() = log_record.flags();
  return observation;
}

bool Complete(const LogRecord& record) {
  return !record.event_id().empty() && !record.device().empty() && record.has_effective_at();
}

}  // namespace

RecordReader::RecordReader(Options options, const Audience& audience, Metrics& metrics)
    : options_(std::move(options)), audience_(audience), metrics_(metrics) {}

RecordReader::Result RecordReader::Read(std::size_t log, const LogEntry& entry) {
  LogRecord log_record;
  if (!log_record.ParseFromString(entry.payload) || !Complete(log_record)) {
    metrics_.Unreadable();
    return {};
  }
  const bool care = options_.care_kinds.contains(log_record.record().kind());
  if (!care || log_record.record().test()) return {};

  auto record = std::make_shared<CareRecord>();
  record->log = log;
  record->position = entry.position;
  record->assignment = log_record.assignment();
  record->route_revision = log_record.route_revision();
  record->observation = MakeObservation(log_record);
  const Audience::Knowledge knowledge = audience_.PartyOf(*record, record->party);
  if (knowledge == Audience::Knowledge::kPending && WaitLonger(*record)) {
    return {Outcome::kWait, nullptr};
  }
  return {Outcome::kCare, std::move(record)};
}

bool RecordReader::WaitLonger(const CareRecord& record) {
  if (waits_.size() > kMaxWaits) waits_.clear();
  const auto now = options_.now();
  Wait& wait = waits_[record.observation.device()];
  if (wait.revision < record.route_revision) wait = {record.route_revision, now};
  if (now - wait.since < options_.patience) return true;
  metrics_.RouteMissed();
  return false;
}

}  // namespace nara::broker
