#include "alert_router/silence.h"

#include <utility>

#include "alert_router/alert_id.h"
#include "alert_router/technical_kinds.h"

namespace nara::alert {
namespace {

using telemetry::v1::LogRecord;

// "disp-1, silent since 2026-02-17T07:30:00.000Z"
std::string NameOf(const LogRecord& record) {
  return record.device() + ", silent since " + record.record().episode();
}

absl::Status JoinTo(Moves& moves, const Alert& alert, const LogRecord& record) {
  const auto now = moves.rows().Now();
  if (!now.ok()) return now.status();
  return moves.Save(Join(alert, NameOf(record), *now));
}

// The alert of a new silence; one of that name that has ended is another case.
absl::StatusOr<std::string> RaiseNew(Moves& moves, Key key, const std::string& event_id) {
  const auto before = moves.rows().GetLocked(TechnicalIdOf(key));
  if (!before.ok()) return before.status();
  const bool another = before->has_value() && IsEnded((*before)->state) && (*before)->event_id != event_id;
  if (another) key.episode += "@" + event_id;
  if (absl::Status raised = moves.RaiseTechnical(key, event_id); !raised.ok()) return raised;
  return TechnicalIdOf(key);
}

absl::StatusOr<std::string> JoinOrRaise(Moves& moves, const Key& key, const LogRecord& record) {
  const auto open = moves.rows().SilenceToJoinLocked(key.kind, moves.answers().ForTechnical(key.device));
  if (!open.ok()) return open.status();
  if (!open->has_value()) return RaiseNew(moves, key, record.event_id());
  if (absl::Status joined = JoinTo(moves, **open, record); !joined.ok()) return joined;
  return (*open)->id;
}

// Whom `silence` does not hold any more: the alert ends with the last one.
absl::Status Release(Moves& moves, const Silence& silence, const std::string& kind) {
  if (absl::Status forgotten = moves.rows().ForgetSilence(silence.device); !forgotten.ok()) return forgotten;
  const auto alert = moves.rows().GetLocked(silence.alert);
  if (!alert.ok()) return alert.status();
  if (!alert->has_value() || IsEnded((*alert)->state)) return absl::OkStatus();
  const auto silent = moves.rows().StillSilent(silence.alert);
  if (!silent.ok()) return silent.status();
  const auto now = moves.rows().Now();
  if (!now.ok()) return now.status();
  return moves.Save(*silent == 0 ? End(**alert, kind, *now) : Part(**alert, silence.device + ", " + kind, *now));
}

}  // namespace

bool TellsOfSilence(std::string_view kind) {
  return kind == kDeviceOffline || kind == kDeviceNeverSeen;
}

absl::StatusOr<std::string> TakeSilence(Moves& moves, const LogRecord& record) {
  const std::string& kind = record.record().kind();
  const Key key{record.device(), kind, record.record().episode(), ""};
  const auto known = moves.rows().SilenceLocked(key.device);
  if (!known.ok()) return known.status();
  if (known->has_value() && (*known)->episode == key.episode) return "known";
  if (known->has_value()) {
    if (absl::Status released = Release(moves, **known, kind); !released.ok()) return released;
  }
  const absl::StatusOr<std::string> alert = JoinOrRaise(moves, key, record);
  if (!alert.ok()) return alert.status();
  const absl::Status remembered = moves.rows().RememberSilence({key.device, key.episode, *alert});
  if (!remembered.ok()) return remembered;
  return "technical";
}

absl::StatusOr<std::string> EndSilence(Moves& moves, const LogRecord& record) {
  const auto known = moves.rows().SilenceLocked(record.device());
  if (!known.ok()) return known.status();
  if (!known->has_value() || (*known)->episode != record.record().episode()) return "ignored";
  if (absl::Status released = Release(moves, **known, record.record().kind()); !released.ok()) return released;
  return "ended";
}

}  // namespace nara::alert
