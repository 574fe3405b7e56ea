// An alert as columns of alerts.alerts, and back.
#pragma once

#include <string>
#include <vector>

#include "alert_router/alert.h"
#include "common/postgres/result.h"

namespace nara::alert {

// Every column, in the order of Params.
inline constexpr char kColumns[] =
    "id, device, kind, episode, resident, principal, unit, product, event_id, chain_version, chain_receivers, "
    "chain_seconds, step, state, version, waiting, exhausted, technical, offer_version, delivered, effective_at, "
    "raised_at, expires_at, next_action_at, receiver, operator_id, assignment, offered_at";

// $1 to $28.
std::vector<Param> Params(const Alert& alert);

Alert ReadAlert(const Row& row);
HistoryEntry ReadHistoryEntry(const Row& row);

// A point in time as PostgreSQL gave it.
Time ToTime(TimePoint time);

}  // namespace nara::alert
