#include "ingest/log_record.h"

#include "common/time/proto_time.h"
#include "ingest/identity.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::LogRecord;

AppendTo TargetOf(Log log) {
  return log == Log::kAlarm ? AppendTo::kAlarmLog : AppendTo::kMeasurementLog;
}

}  // namespace

nara::telemetry::v1::Lane ToProto(Lane lane) {
  return lane == Lane::kAlarm ? nara::telemetry::v1::LANE_ALARM : nara::telemetry::v1::LANE_MEASUREMENT;
}

AppendRecord ForLog(const Origin& origin, const nara::registry::v1::Route& route, const std::string& assignment,
                    std::uint64_t epoch, const JudgedRecord& record) {
  const Verdict& verdict = record.verdict;
  LogRecord log;
  const std::uint64_t own_epoch =
      epoch != 0 ? epoch : RecordHash(origin.device, record.sent, absl::ToUnixMillis(origin.received_at));
  log.set_event_id(EventId(origin.device, origin.lane, own_epoch, record.sent.seq()));
  log.set_device(origin.device);
  log.set_lane(ToProto(origin.lane));
  log.set_epoch(own_epoch);
  *log.mutable_record() = record.delivered;
  *log.mutable_effective_at() = nara::ToProto(verdict.effective_at);
  *log.mutable_received_at() = nara::ToProto(origin.received_at);
  log.set_clock_offset_ms(absl::ToInt64Milliseconds(verdict.clock_offset));
  log.set_assignment(assignment);
  log.set_resident(verdict.resident);
  log.set_route_revision(route.revision());
  log.set_product(route.product());
  for (const auto flag : verdict.flags) log.add_flags(flag);
  AppendRecord appended;
  appended.to = TargetOf(verdict.log);
  appended.digest = ContentDigest(record.sent);
  appended.payload = log.SerializeAsString();
  appended.alarm_class = verdict.alarm_class;
  return appended;
}

}  // namespace nara::ingest
