#include "tools/fleet/run.h"

#include <csignal>
#include <ctime>
#include <iostream>
#include <utility>

#include "common/catalogue/catalogue.h"
#include "device_client/mqtt_loop.h"
#include "tools/fleet/endpoint.h"
#include "tools/fleet/fleet_state.h"
#include "tools/fleet/simulation.h"
#include "tools/fleet/staff.h"
#include "tools/platform/json.h"

namespace nara::fleet {
namespace {

// Blocks the signals that end us for all threads that are made later.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGPIPE}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  sigdelset(&signals, SIGPIPE);
  return signals;
}

std::vector<std::string> Receivers(const Catalogue& catalogue) {
  std::vector<std::string> receivers;
  for (const auto& [id, principal] : catalogue.principals()) {
    receivers.push_back("centre-" + id);
    receivers.push_back("staff-" + id);
  }
  receivers.emplace_back("county-fallback");
  return receivers;
}

// Writes how many are connected whenever that changed, until a signal comes.
void Watch(const Simulation& simulation, const std::string& file, const sigset_t& signals) {
  size_t told = simulation.size() + 1;
  constexpr timespec kSecond{.tv_sec = 1, .tv_nsec = 0};
  while (sigtimedwait(&signals, nullptr, &kSecond) < 0) {
    const size_t connected = simulation.connected();
    if (connected == std::exchange(told, connected)) continue;
    const boost::json::object status{{"connected", connected}, {"of", simulation.size()}};
    tools::WriteFile(file, tools::LineJson(status)).IgnoreError();
    std::cerr << "nara-fleet: " << connected << " of " << simulation.size() << " devices connected" << std::endl;
  }
}

}  // namespace

absl::Status Run(const RunOptions& options) {
  const sigset_t signals = BlockSignals();
  const auto catalogue = Catalogue::Load(options.catalogue);
  if (!catalogue.ok()) return catalogue.status();
  const auto state = ReadFleetState(options.state);
  if (!state.ok()) return state.status();
  const auto endpoint = ParseEndpoint(options.mqtt);
  if (!endpoint.ok()) return endpoint.status();
  const auto transport =
      device_client::StartMqttLoop({.host = endpoint->host, .port = endpoint->port, .ca_file = options.tls.ca});
  if (!transport.ok()) return transport.status();
  const auto simulation =
      Simulation::Start(state->devices, **transport,
                        {.seed = options.seed, .speed = options.speed, .outbox_file = options.state + "/outbox.db"});
  if (!simulation.ok()) return simulation.status();
  tools::AlertClient alerts(options.alerts, options.tls);
  const Staff staff(alerts, Receivers(*catalogue), options.seed);
  Watch(**simulation, options.state + "/status.json", signals);
  return absl::OkStatus();
}

}  // namespace nara::fleet
