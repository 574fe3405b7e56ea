// Every kind of alert that the platform itself raises; what each says, and about
// which episode: docs/formats/alerts.md. Their names for people are in
// catalogue/kinds/platform.yaml, and a test holds the two together.
#pragma once

#include <array>

namespace nara::alert {

// Asked for by the engine.
inline constexpr char kChainExhausted[] = "chain_exhausted";
inline constexpr char kExpiredUnanswered[] = "expired_unanswered";
inline constexpr char kArrivedLate[] = "arrived_late";
// Why an alarm did not go where it should have (Responsible::astray).
inline constexpr char kNoResponsible[] = "no_responsible";
inline constexpr char kNoChain[] = "no_chain";
// Its device's route had changed, and the router decided without knowing how.
inline constexpr char kRouteOutdated[] = "route_outdated";
// The record by which ingest tells that something on the alarm topic could not be
// delivered has this kind too.
inline constexpr char kIngestQuarantined[] = "ingest_quarantined";
// So has the record by which it tells that the MQTT server drops messages.
inline constexpr char kMqttDropped[] = "mqtt_dropped";
// Ingest's alarm lane says of a device that it is missed (silence.h).
inline constexpr char kDeviceOffline[] = "device_offline";
inline constexpr char kDeviceNeverSeen[] = "device_never_seen";
// About the log itself, raised by the intake.
inline constexpr char kLogUnreadable[] = "log_unreadable";
inline constexpr char kUnknownKind[] = "unknown_alarm_kind";
inline constexpr char kUnroutable[] = "alarm_unroutable";

inline constexpr std::array kTechnicalKinds{kChainExhausted, kExpiredUnanswered, kArrivedLate,       kNoResponsible,
                                            kNoChain,        kRouteOutdated,     kIngestQuarantined, kLogUnreadable,
                                            kUnknownKind,    kUnroutable,        kMqttDropped,       kDeviceOffline,
                                            kDeviceNeverSeen};

}  // namespace nara::alert
