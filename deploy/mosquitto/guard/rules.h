#pragma once

#include <optional>
#include <string>
#include <string_view>

// Who may do what on which topic of the MQTT server. Pure functions: no mosquitto, no clock, no memory.
namespace nara::guard {

// Why something was refused; the label of the counters.
enum class Refusal {
  kDeviceId,     // the certificate's common name or the user name is no device id
  kClientId,     // the MQTT client id differs from the device id, or is not one of the service's
  kPassword,     // wrong password on the plain listener
  kService,      // the certificate is of none of our services
  kOtherDevice,  // a device's topic that is not the caller's own
  kWrongShard,   // the own device id under a shard that is not its own
  kTopic,        // a topic that is not there for this caller
  kWildcard,     // a subscription with + or # by a device
  kRetained,     // a retained message: it would outlive the device's assignment
  kWill,         // a last will on anything but the own status topic
  kAddress,      // the plain listener used from another machine
  kRevoked,      // the device or its certificate is on the registry's list
  kOverRate,     // a message that was dropped, since the device sends faster than it may: flood.h
  kFlood,        // the device did so for too long: its connection, and each login while it stays out
};
inline constexpr int kRefusalCount = 14;

// The counter label, for example "wrong_shard".
std::string_view Name(Refusal refusal);

// What a client wants to do with a topic or a filter.
enum class Access { kRead, kWrite, kSubscribe };

// True for 127.0.0.0/8 and ::1, as the MQTT server prints addresses.
bool IsLoopback(std::string_view address);

// Which of our processes speaks, by the common name of its certificate.
enum class Service { kIngest, kAdmin, kRegistry };

// Parts of `nara/v1/{shard}/{device}/{channel}`; channel may hold a slash ("up/json").
struct DeviceTopic {
  std::string_view shard;
  std::string_view device;
  std::string_view channel;
};

// Nothing when the topic is of another form.
std::optional<DeviceTopic> ParseDeviceTopic(std::string_view topic);

// True for the alarm topics, of whichever device and shard.
bool IsAlarmTopic(std::string_view topic);

// True for [a-z0-9][a-z0-9-]{2,62} that does not begin with "nara-", as client ids of the platform do.
bool IsDeviceId(std::string_view id);

// The two digits of the shard a device belongs to: Redis' CRC16 of its id mod 16.
std::string ShardOf(std::string_view device);

// The service of a common name; nothing for one that has no business here.
std::optional<Service> ServiceOf(std::string_view common_name);

// Nothing when who has proven to be `device` may come in as `client_id`, else why not. Whoever has a client id ends the
// session of whoever had it.
std::optional<Refusal> CheckDeviceLogin(std::string_view device, std::string_view client_id);

// The same for one of our services: nara-ingest comes in as "nara-...", the others under ids that begin with their
// name.
std::optional<Refusal> CheckServiceLogin(std::string_view common_name, std::string_view client_id);

// Nothing when `device` may, else why not. A device writes its own uplinks and status, and reads its own receipts and
// commands.
std::optional<Refusal> CheckDevice(std::string_view device, Access access, std::string_view topic, bool retain);

// Nothing when `service` may, else why not. Ingest reads every uplink and what the guard says, and writes receipts and
// commands. An administrator sees no device's data: it reads the guard's counters and the server's statistics. The
// registry writes whom it has revoked, and reads what the guard made of it.
std::optional<Refusal> CheckService(Service service, Access access, std::string_view topic, bool retain);

// Topic under which the guard publishes its counters, as a retained message that services may read.
inline constexpr char kRefusalsTopic[] = "nara/v1/guard/refusals";

// Where the registry says who is revoked (revocations.h); nobody else writes it, and nobody reads it.
inline constexpr char kRevokedTopic[] = "nara/v1/guard/revoked";

// Where the guard says which list is in force, as a retained message.
inline constexpr char kInForceTopic[] = "nara/v1/guard/in_force";

// What the guard tells ingest about single refusals begins with this; see report.h. Nobody else may read it, and nobody
// may write it.
inline constexpr char kReportsRoot[] = "nara/v1/guard/refused/";

// What it tells ingest about an identity that is used from two places: this, shard and device. See takeovers.h.
inline constexpr char kTwoPlacesRoot[] = "nara/v1/guard/two_places/";

// What it tells ingest about a device that it has closed because it floods: this, shard and device. See flood.h.
inline constexpr char kFloodRoot[] = "nara/v1/guard/flood/";

}  // namespace nara::guard
