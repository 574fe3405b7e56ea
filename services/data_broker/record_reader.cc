#include "data_broker/record_reader.h"

#include <memory>
#include <utility>

#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::broker {
namespace {

using nara::telemetry::v1::LogRecord;

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

RecordReader::RecordReader(std::set<std::string> care_kinds, const Audience& audience, Metrics& metrics)
    : care_kinds_(std::move(care_kinds)), audience_(audience), metrics_(metrics) {}

CareRecordPtr RecordReader::Read(LogId log, const LogEntry& entry) const {
  LogRecord log_record;
  if (!log_record.ParseFromString(entry.payload) || !Complete(log_record)) {
    metrics_.Unreadable();
    return nullptr;
  }
  if (!care_kinds_.contains(log_record.record().kind()) || log_record.record().test()) return nullptr;

  log_record.DiscardUnknownFields();
  auto record = std::make_shared<CareRecord>();
  record->log = log;
  record->position = entry.position;
  record->assignment = log_record.assignment();
  record->route_revision = log_record.route_revision();
  record->resident = log_record.resident();
  record->observation = MakeObservation(log_record);
  if (std::optional<Holder> holder = audience_.HolderOf(*record)) record->party = std::move(holder->party);
  return record;
}

}  // namespace nara::broker
