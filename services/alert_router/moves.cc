#include "alert_router/moves.h"

#include <utility>

#include "absl/time/time.h"
#include "alert_router/alert_id.h"

namespace nara::alert {
namespace {

// "dose_missed of 2026-02-17T07:30:00Z, alert 9f3c..."
std::string NameOf(const Alert& alert) {
  const absl::Time at = absl::FromUnixMicros(alert.effective_at.time_since_epoch().count());
  return alert.key.kind + " of " + absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone()) + ", alert " +
         alert.id;
}

}  // namespace

absl::Status Moves::Save(const Change& change) {
  if (absl::Status saved = rows_.Save(change); !saved.ok()) return saved;
  if (change.Recorded()) changes_.push_back(change);
  for (const Effect& effect : change.effects) {
    if (effect.kind != Effect::Kind::kTechnical) continue;
    if (absl::Status told = Tell(change.alert, effect.reason); !told.ok()) return told;
  }
  return absl::OkStatus();
}

absl::Status Moves::Tell(const Alert& alert, const std::string& kind) {
  if (kind == kArrivedLate) {
    const auto open = rows_.NewestUnansweredLocked(alert.key.device, kind);
    if (!open.ok()) return open.status();
    const auto now = rows_.Now();
    if (!now.ok()) return now.status();
    if (open->has_value()) return Save(Join(**open, NameOf(alert), *now));
  }
  return RaiseTechnical({alert.key.device, kind, alert.id, ""}, alert.event_id);
}

absl::Status Moves::RaiseTechnical(const Key& key, const std::string& event_id) {
  const std::string id = TechnicalIdOf(key);
  const auto existing = rows_.GetLocked(id);
  if (!existing.ok()) return existing.status();
  if (existing->has_value()) return absl::OkStatus();
  const auto now = rows_.Now();
  if (!now.ok()) return now.status();
  const Responsible answer = answers_.ForTechnical(key.device);
  Alert alert;
  alert.id = id;
  alert.key = key;
  alert.principal = answer.principal;
  alert.unit = answer.unit;
  alert.product = answer.product;
  alert.event_id = event_id;
  alert.chain = answer.chain;
  alert.technical = true;
  alert.effective_at = *now;
  alert.expires_at = *now + kTechnicalFor;
  return Save(Raise(std::move(alert), "", reachable_, *now));
}

}  // namespace nara::alert
