// Rows as messages of nara.alert.v1.
#pragma once

#include "alert_router/ports.h"
#include "nara/alert/v1/alert.pb.h"

namespace nara::alert {

v1::Alert ToMessage(const Alert& alert);
v1::HistoryEntry ToMessage(const HistoryEntry& entry);
v1::Heartbeat ToMessage(const Pulse& pulse);

}  // namespace nara::alert
