#include "alert_router/interpret.h"

#include <algorithm>
#include <utility>

#include "alert_router/alert_id.h"
#include "alert_router/proto_time.h"
#include "alert_router/silence.h"
#include "common/log/log.h"
#include "common/mqtt/shard.h"

namespace nara::alert {

namespace {

bool EndsSilence(const Kind& kind) {
  return std::any_of(kind.ends.begin(), kind.ends.end(), TellsOfSilence);
}

}  // namespace

std::string LogAsDevice(LogId log) {
  return "shard-" + ShardText(log.shard);
}

Key KeyOf(const telemetry::v1::LogRecord& record, const std::string& kind) {
  const std::string& episode = record.record().episode();
  return {record.device(), kind, episode.empty() ? record.event_id() : episode, record.assignment()};
}

Key TechnicalKeyOf(const telemetry::v1::LogRecord& record, const std::string& kind) {
  return {record.device(), kind, record.record().episode() + "@" + record.event_id(), ""};
}

uint64_t RouteRevisionOf(const LogEntry& entry) {
  telemetry::v1::LogRecord record;
  return record.ParseFromString(entry.payload) ? record.route_revision() : 0;
}

Alert Draw(const telemetry::v1::LogRecord& record, const Kind& kind, const Responsible& answer, Time now) {
  Alert alert;
  alert.key = KeyOf(record, kind.id);
  alert.effective_at = FromTimestamp(record.effective_at());
  alert.id = AlertIdOf(alert.key, alert.effective_at);
  alert.resident = record.resident();
  alert.principal = answer.principal;
  alert.unit = answer.unit;
  alert.product = record.product();
  alert.event_id = record.event_id();
  alert.chain = answer.chain;
  alert.expires_at = std::min(alert.effective_at, now) + kind.alarm_for;
  return alert;
}

absl::StatusOr<std::string> Interpreter::Apply(Moves& moves, LogId log, const LogEntry& entry) const {
  telemetry::v1::LogRecord record;
  if (record.ParseFromString(entry.payload) && !record.device().empty() && !record.event_id().empty()) {
    return ApplyRecord(moves, record);
  }
  const std::string position = entry.position.ToString();
  log::Error("intake", "an entry of an alarm log cannot be read", {{"shard", log.shard}, {"position", position}});
  const auto raised = RaiseTechnical(moves, {LogAsDevice(log), kLogUnreadable, position, ""}, "");
  if (!raised.ok()) return raised.status();
  return "unreadable";
}

absl::StatusOr<std::string> Interpreter::ApplyRecord(Moves& moves, const telemetry::v1::LogRecord& record) const {
  const std::string& name = record.record().kind();
  if (record.record().test()) {
    log::Info("intake", "test event, nobody is disturbed", {{"device", record.device()}, {"kind", name}});
    return "test";
  }
  if (name == kIngestQuarantined || name == kMqttDropped)
    return RaiseTechnical(moves, TechnicalKeyOf(record, name), record.event_id());
  const Kind* kind = catalogue_.FindKind(name);
  if (kind == nullptr) return RaiseTechnical(moves, TechnicalKeyOf(record, kUnknownKind), record.event_id());
  if (TellsOfSilence(name)) return TakeSilence(moves, record);
  if (EndsSilence(*kind)) return EndSilence(moves, record);
  std::string outcome = "ignored";
  for (const std::string& ended : kind->ends) {
    const auto end = EndEpisode(moves, *kind, ended, record);
    if (!end.ok()) return end;
    outcome = *end;
  }
  return kind->raises ? RaiseAlert(moves, *kind, record) : outcome;
}

absl::StatusOr<std::string> Interpreter::EndEpisode(Moves& moves, const Kind& kind, const std::string& ended,
                                                    const telemetry::v1::LogRecord& record) const {
  if (record.record().episode().empty()) return "ignored";
  const Key key = KeyOf(record, ended);
  const EpisodeEnd end{kind.id, record.event_id(), FromTimestamp(record.effective_at())};
  if (absl::Status remembered = moves.rows().RememberEnd(key, end); !remembered.ok()) return remembered;
  const std::chrono::seconds alarm_for = catalogue_.FindKind(ended)->alarm_for;
  const auto known = moves.rows().EpisodeLocked(key, BegunBefore(end.at, alarm_for), "");
  if (!known.ok()) return known.status();
  const Alert* alert = EndedWith(end, *known, alarm_for);
  if (alert == nullptr) return "end_remembered";
  const auto now = moves.rows().Now();
  if (!now.ok()) return now.status();
  const absl::Status saved = moves.Save(End(*alert, kind.id, *now));
  if (!saved.ok()) return saved;
  return "ended";
}

absl::StatusOr<std::string> Interpreter::RaiseAlert(Moves& moves, const Kind& kind,
                                                    const telemetry::v1::LogRecord& record) const {
  const Key key = KeyOf(record, kind.id);
  const Beginning event{record.event_id(), FromTimestamp(record.effective_at()), kind.alarm_for};
  const auto known = moves.rows().EpisodeLocked(key, AlertsAround(event), event.event_id);
  if (!known.ok()) return known.status();
  const auto ends = moves.rows().Ends(key, EndsAround(event));
  if (!ends.ok()) return ends.status();
  if (IsRepeat(event, *known, *ends)) return "known";
  const auto now = moves.rows().Now();
  if (!now.ok()) return now.status();
  const bool outdated = answers_.route_revision() < record.route_revision();
  const Responsible answer = answers_.ForAlarm(record.device(), record.assignment(), ToTimestamp(*now));
  const std::string ended_by = EndedBy(event, *known, *ends);
  const Change change = Raise(Draw(record, kind, answer, *now), ended_by, moves.reachable(), *now);
  if (absl::Status saved = moves.Save(change); !saved.ok()) return saved;
  for (const std::string& why : {answer.astray, std::string(outdated ? kRouteOutdated : "")}) {
    if (absl::Status told = TellAstray(moves, change.alert, why); !told.ok()) return told;
  }
  return change.alert.state == State::kExpired ? "late" : "raised";
}

absl::Status Interpreter::TellAstray(Moves& moves, const Alert& alert, const std::string& why) const {
  if (why.empty()) return absl::OkStatus();
  return moves.RaiseTechnical({alert.key.device, why, alert.id, ""}, alert.event_id);
}

absl::StatusOr<std::string> Interpreter::RaiseTechnical(Moves& moves, const Key& key,
                                                        const std::string& event_id) const {
  if (absl::Status raised = moves.RaiseTechnical(key, event_id); !raised.ok()) return raised;
  return "technical";
}

}  // namespace nara::alert
