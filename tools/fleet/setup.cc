#include "tools/fleet/setup.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <utility>
#include <vector>

#include "common/catalogue/catalogue.h"
#include "common/hash/sha256.h"
#include "tools/fleet/enrolment.h"
#include "tools/fleet/fleet_state.h"
#include "tools/fleet/keys.h"
#include "tools/platform/json.h"
#include "tools/platform/registry_client.h"

namespace nara::fleet {
namespace {

using registry::v1::Chain;
using registry::v1::Client;
using tools::TextOf;

// Raise it when the plan changes for the same options.
constexpr char kPlanVersion[] = "2";

std::vector<CountyPrincipal> PrincipalsOf(const Catalogue& catalogue) {
  std::vector<CountyPrincipal> principals;
  for (const auto& [id, principal] : catalogue.principals()) {
    principals.push_back({.id = id, .name = principal.name, .population = principal.population});
  }
  return principals;
}

absl::StatusOr<std::vector<Client>> ReadPersonas(const std::string& path) {
  const auto json = tools::ReadJson(path);
  if (!json.ok()) return json.status();
  if (!json->is_array()) return absl::InvalidArgumentError(path + " is not a list of personas");
  std::vector<Client> clients;
  for (const auto& persona : json->get_array()) {
    Client& client = clients.emplace_back();
    client.set_id(TextOf(persona, "id"));
    client.set_role(TextOf(persona, "role"));
    client.set_principal(TextOf(persona, "principal"));
    client.set_token_sha256(Sha256Hex(TextOf(persona, "token")));
    for (const auto& unit : tools::ArrayOf(persona, "units")) {
      if (unit.is_string()) client.add_units(unit.get_string().c_str());
    }
  }
  return clients;
}

Client MakeClient(const std::string& id, const std::string& role, const std::string& principal) {
  Client client;
  client.set_id(id);
  client.set_role(role);
  client.set_principal(principal);
  return client;
}

// The personas, and a client for every receiver that is none.
std::vector<Client> AllClients(std::vector<Client> clients, const std::vector<CountyPrincipal>& principals) {
  std::set<std::string> taken;
  for (const Client& client : clients) taken.insert(client.id());
  const auto add = [&](Client client) {
    if (taken.insert(client.id()).second) clients.push_back(std::move(client));
  };
  for (const CountyPrincipal& principal : principals) {
    add(MakeClient("centre-" + principal.id, "alarm_centre", principal.id));
    add(MakeClient("staff-" + principal.id, "care_unit", principal.id));
  }
  add(MakeClient("county-fallback", "alarm_centre", ""));
  add(MakeClient("nara-fleet", "simulator", ""));
  return clients;
}

void AddStep(Chain& chain, const std::string& receiver, uint32_t seconds) {
  auto* const step = chain.add_steps();
  step->set_receiver(receiver);
  step->set_accept_seconds(seconds);
}

std::vector<Chain> Chains(const std::vector<PlannedUnit>& units, const SetupOptions& options) {
  std::vector<Chain> chains;
  for (const PlannedUnit& unit : units) {
    Chain& chain = chains.emplace_back();
    chain.set_unit(unit.id);
    AddStep(chain, "centre-" + unit.principal, options.centre_seconds);
    AddStep(chain, "staff-" + unit.principal, options.staff_seconds);
    AddStep(chain, "county-fallback", options.fallback_seconds);
  }
  return chains;
}

absl::StatusOr<std::string> Fingerprint(const SetupOptions& options) {
  const auto personas = tools::ReadFile(options.personas);
  if (!personas.ok()) return personas.status();
  const auto ca = tools::ReadFile(options.tls.ca);
  if (!ca.ok()) return ca.status();
  std::string text = kPlanVersion;
  for (const uint64_t number : {options.seed, static_cast<uint64_t>(options.devices), uint64_t{options.centre_seconds},
                                uint64_t{options.staff_seconds}, uint64_t{options.fallback_seconds}}) {
    text += " " + std::to_string(number);
  }
  return Sha256Hex(text + *personas + *ca);
}

absl::StatusOr<int64_t> CountRegistered(tools::RegistryClient& registry) {
  const auto listed = registry.ListPrincipals();
  if (!listed.ok()) return listed.status();
  int64_t count = 0;
  for (const auto& principal : listed->principals()) {
    for (const auto& group : principal.device_counts()) count += group.count();
  }
  return count;
}

absl::Status WriteOutput(const SetupOptions& options, const FleetState& state) {
  std::vector<FleetDevice> samples;
  std::copy_if(state.devices.begin(), state.devices.end(), std::back_inserter(samples),
               [](const FleetDevice& device) { return device.plan.sample; });
  const auto described = DescribeDevices(options.state + "/samples", samples);
  if (!described.ok()) return described.status();
  return tools::WriteFile(options.output, *described);
}

void Say(const std::string& what) {
  std::cerr << "nara-fleet: " << what << std::endl;
}

absl::StatusOr<FleetState> Enrol(const SetupOptions& options, const Catalogue& catalogue,
                                 tools::RegistryClient& registry) {
  auto personas = ReadPersonas(options.personas);
  if (!personas.ok()) return personas.status();
  const std::vector<CountyPrincipal> principals = PrincipalsOf(catalogue);
  const CountyPlan plan = PlanCounty(principals, {.seed = options.seed, .devices = options.devices});
  std::vector<registry::v1::Unit> units;
  for (const PlannedUnit& unit : plan.units) units.push_back(ToProto(unit));
  Enrolment enrolment(registry);
  Say(std::to_string(units.size()) + " units with their chains");
  absl::Status status = enrolment.PutUnits(units);
  if (status.ok()) status = enrolment.PutClients(AllClients(*std::move(personas), principals));
  if (status.ok()) status = enrolment.PutChains(Chains(plan.units, options));
  if (!status.ok()) return status;
  Say(std::to_string(plan.devices.size()) + " devices with certificates and residents");
  auto devices = enrolment.Enrol(plan.devices, {.connects =
                                                    [&](const PlannedDevice& device) {
                                                      const Product* product = catalogue.FindProduct(device.product);
                                                      return product != nullptr && product->connected;
                                                    },
                                                .assignment_of = [](const PlannedDevice& d) { return "a-" + d.id; },
                                                .start_of = {}});
  if (!devices.ok()) return devices.status();
  return FleetState{.fingerprint = {}, .registered = 0, .devices = *std::move(devices)};
}

}  // namespace

absl::Status SetUp(const SetupOptions& options) {
  const auto fingerprint = Fingerprint(options);
  if (!fingerprint.ok()) return fingerprint.status();
  tools::RegistryClient registry(options.registry, options.tls);
  const auto before = CountRegistered(registry);
  if (!before.ok()) return before.status();
  const auto known = ReadFleetState(options.state);
  if (known.ok() && known->fingerprint == *fingerprint && *before >= known->registered) {
    return WriteOutput(options, *known);
  }
  std::error_code error;
  std::filesystem::create_directories(options.state, error);
  const auto catalogue = Catalogue::Load(options.catalogue);
  if (!catalogue.ok()) return catalogue.status();
  auto state = Enrol(options, *catalogue, registry);
  if (!state.ok()) return state.status();
  const auto after = CountRegistered(registry);
  if (!after.ok()) return after.status();
  state->fingerprint = *fingerprint;
  state->registered = *after;
  if (absl::Status status = WriteFleetState(options.state, *state); !status.ok()) return status;
  return WriteOutput(options, *state);
}

}  // namespace nara::fleet
