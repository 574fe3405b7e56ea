#include "alert_router/moves.h"

#include <utility>

#include "alert_router/alert_id.h"

namespace nara::alert {

absl::Status Moves::Save(const Change& change) {
  if (absl::Status saved = rows_.Save(change); !saved.ok()) return saved;
  if (change.Changed()) changes_.push_back(change);
  for (const Effect& effect : change.effects) {
    if (effect.kind != Effect::Kind::kTechnical) continue;
    const Key key{change.alert.key.device, effect.reason, change.alert.id, ""};
    if (absl::Status raised = RaiseTechnical(key, change.alert.event_id); !raised.ok()) return raised;
  }
  return absl::OkStatus();
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
