#include "tools/fleet/device_set.h"

#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

namespace nara::fleet {

absl::StatusOr<std::unique_ptr<LiveDevice>> StartDevice(const FleetDevice& device, device_client::Transport& transport,
                                                        device_client::ClientEvents events,
                                                        device_client::OutboxOptions outbox) {
  auto live = std::make_unique<LiveDevice>();
  live->plan = device.plan;
  device_client::ClientOptions options;
  options.device = device.plan.id;
  options.identity = {.certificate_pem = device.certificate_pem, .key_pem = device.key_pem};
  options.measurement = outbox;
  auto client =
      device_client::Client::Start(std::move(options), live->measurement, live->alarm, transport, std::move(events));
  if (!client.ok()) return client.status();
  live->client = *std::move(client);
  return live;
}

std::string EventId(const LiveDevice& device, telemetry::v1::Lane lane, uint64_t seq) {
  std::array<char, 17> epoch{};
  std::snprintf(epoch.data(), epoch.size(), "%016" PRIx64, device.client->epoch(lane));
  const char* const letter = lane == telemetry::v1::LANE_ALARM ? "/a/" : "/m/";
  return device.plan.id + letter + epoch.data() + "/" + std::to_string(seq);
}

}  // namespace nara::fleet
