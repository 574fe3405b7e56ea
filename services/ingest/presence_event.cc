#include "ingest/presence_event.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/time/proto_time.h"
#include "ingest/identity.h"
#include "nara/telemetry/v1/telemetry.pb.h"

namespace nara::ingest {
namespace {

using nara::telemetry::v1::LogRecord;

const char* KindOf(Presence presence) {
  switch (presence) {
    case Presence::kNotConnected:
      return kDeviceReleased;
    case Presence::kOnline:
      return kDeviceBack;
    case Presence::kLate:
      return kDeviceLate;
    case Presence::kOffline:
      return kDeviceOffline;
    case Presence::kNeverSeen:
      return kDeviceNeverSeen;
  }
  return kDeviceReleased;
}

// "2026-02-17T07:30:00.000Z": the spell of silence, by its begin.
std::string EpisodeOf(const PresenceState& state) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromUnixMillis(state.anchor), absl::UTCTimeZone());
}

LogRecord Describe(const std::string& device, const PresenceState& state, const registry::v1::Route* route,
                   std::uint64_t hash) {
  LogRecord log;
  log.set_event_id(EventId(device, Lane::kAlarm, hash, static_cast<std::uint64_t>(state.changed_at)));
  log.set_device(device);
  log.set_lane(nara::telemetry::v1::LANE_ALARM);
  log.set_epoch(hash);
  log.mutable_record()->set_kind(KindOf(state.presence));
  log.mutable_record()->set_episode(EpisodeOf(state));
  *log.mutable_effective_at() = nara::ToProto(absl::FromUnixMillis(state.changed_at));
  *log.mutable_received_at() = log.effective_at();
  if (route != nullptr) {
    log.set_route_revision(route->revision());
    log.set_product(route->product());
  }
  return log;
}

}  // namespace

AppendCall TellOf(const std::string& device, const PresenceState& state, const registry::v1::Route* route,
                  std::uint64_t token) {
  AppendRecord record;
  record.hash_id =
      Hash64(absl::StrCat(device, "\n", KindOf(state.presence), "\n", state.anchor, "\n", state.changed_at));
  record.technical = true;
  // Nobody is to do anything about a device that is late.
  record.to = state.presence == Presence::kLate ? AppendTo::kMeasurementLog : AppendTo::kAlarmLog;
  record.payload = Describe(device, state, route, record.hash_id).SerializeAsString();
  AppendCall call;
  call.device = device;
  call.lane = Lane::kAlarm;
  call.token = token;
  call.now = absl::ToChronoTime(absl::FromUnixMillis(state.changed_at));
  call.records.push_back(std::move(record));
  return call;
}

}  // namespace nara::ingest
