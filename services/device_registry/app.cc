#include "device_registry/app.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/access/authorizer.h"
#include "common/catalogue/catalogue.h"
#include "common/hash/random.h"
#include "common/log/log.h"
#include "common/rpc/server.h"
#include "common/time/swedish_calendar.h"
#include "device_registry/assortment/postgres_store.h"
#include "device_registry/audit/audit.h"
#include "device_registry/audit/postgres_store.h"
#include "device_registry/audit/retention.h"
#include "device_registry/chains/chains.h"
#include "device_registry/chains/plans.h"
#include "device_registry/chains/postgres_store.h"
#include "device_registry/change_follower.h"
#include "device_registry/config.h"
#include "device_registry/device_ca.h"
#include "device_registry/feeds.h"
#include "device_registry/grpc_service.h"
#include "device_registry/identity/identity.h"
#include "device_registry/identity/lock_out.h"
#include "device_registry/identity/mqtt_guard.h"
#include "device_registry/identity/postgres_store.h"
#include "device_registry/identity_keys.h"
#include "device_registry/life_cycle/postgres_import.h"
#include "device_registry/life_cycle/postgres_store.h"
#include "device_registry/metrics.h"
#include "device_registry/organisation/postgres_store.h"
#include "device_registry/postgres_store.h"
#include "device_registry/privacy/postgres_store.h"
#include "device_registry/privacy/privacy.h"
#include "device_registry/registry.h"
#include "device_registry/residents/postgres_store.h"
#include "device_registry/responsibility/assignments.h"
#include "device_registry/responsibility/costs.h"
#include "device_registry/responsibility/deadlines.h"
#include "device_registry/responsibility/hand_overs.h"
#include "device_registry/responsibility/postgres_store.h"

namespace nara::registry {
namespace {

constexpr char kComponent[] = "device_registry";
constexpr std::chrono::seconds kInForceLimit{1};
constexpr std::chrono::seconds kLockOutLimit{2};

// 128 bits: two residents never get the same.
std::string NewId() {
  return RandomHex(16);
}

PostgresOptions Options(const Config& config, const std::string& name) {
  PostgresOptions options;
  options.conninfo = config.postgres;
  options.schema = "registry";
  options.application_name = name;
  return options;
}

class RegistryApp final : public app::App {
 public:
  RegistryApp(const Config& config, app::Context& context, Catalogue catalogue, CostRules cost_rules,
              std::unique_ptr<DeviceCa> device_ca, IdentityKeys identity_keys, std::unique_ptr<MqttGuard> guard)
      : catalogue_(std::move(catalogue)),
        cost_rules_(std::move(cost_rules)),
        device_ca_(std::move(device_ca)),
        identity_keys_(std::move(identity_keys)),
        guard_(std::move(guard)),
        metrics_(context.metrics),
        changes_(Options(config, context.name)),
        follower_(changes_, feeds_, FollowerOptions()),
        database_(Options(config, context.name), static_cast<std::size_t>(config.connections),
                  [this] { follower_.Wake(); }),
        store_(database_),
        organisation_store_(database_, identity_keys_),
        resident_store_(database_, identity_keys_),
        assignment_store_(database_),
        hand_over_store_(database_),
        cost_store_(database_, identity_keys_),
        chain_store_(database_),
        plan_store_(database_),
        authorizer_(feeds_.access.table()),
        rights_(authorizer_),
        registry_({.store = store_,
                   .credentials = *device_ca_,
                   .catalogue = catalogue_,
                   .authorizer = authorizer_,
                   .clock = context.clock,
                   .in_force = [this](std::uint64_t at) { return Obeyed(at); },
                   .new_id = NewId}),
        organisation_(
            {.store = organisation_store_, .catalogue = catalogue_, .authorizer = authorizer_, .new_id = NewId}),
        residents_({.store = resident_store_,
                    .keys = identity_keys_,
                    .catalogue = catalogue_,
                    .authorizer = authorizer_,
                    .clock = context.clock,
                    .new_id = NewId}),
        assignments_({.store = assignment_store_,
                      .registry = store_,
                      .rights = rights_,
                      .clock = context.clock,
                      .new_id = NewId}),
        hand_overs_({.store = hand_over_store_,
                     .assignments = assignment_store_,
                     .registry = store_,
                     .rights = rights_,
                     .new_id = NewId}),
        costs_({.store = cost_store_,
                .assignments = assignment_store_,
                .registry = store_,
                .rights = rights_,
                .catalogue = catalogue_,
                .rules = cost_rules_,
                .clock = context.clock,
                .new_id = NewId}),
        moves_(database_),
        deadlines_(hand_over_store_, moves_, metrics_),
        life_cycle_({.store = store_,
                     .moves = moves_,
                     .catalogue = catalogue_,
                     .authorizer = authorizer_,
                     .clock = context.clock,
                     .new_id = NewId}),
        choices_(database_),
        assortment_({.choices = choices_, .catalogue = catalogue_, .authorizer = authorizer_}),
        imports_(database_),
        portal_import_({.store = store_,
                        .imports = imports_,
                        .choices = choices_,
                        .catalogue = catalogue_,
                        .authorizer = authorizer_,
                        .clock = context.clock}),
        identity_store_(database_),
        lock_out_(identity_store_, *guard_, LockOutOptions()),
        identity_({.devices = store_,
                   .store = identity_store_,
                   .credentials = *device_ca_,
                   .authorizer = authorizer_,
                   .lock_out = [this](std::uint64_t at) { return lock_out_.Changed(at, kLockOutLimit); },
                   .new_id = NewId,
                   .new_code = NewCode}),
        privacy_store_(database_),
        privacy_({.registry = store_,
                  .store = privacy_store_,
                  .authorizer = authorizer_,
                  .leases = leases_,
                  .shown = [this] { return feeds_.access.table().revision(); }}),
        chains_({.chains = chain_store_,
                 .store = store_,
                 .organisation = organisation_store_,
                 .catalogue = catalogue_,
                 .authorizer = authorizer_,
                 .clock = context.clock,
                 .zone = SwedishCalendar::Zone()}),
        plans_({.registry = store_, .plans = plan_store_, .catalogue = catalogue_, .authorizer = authorizer_}),
        audit_store_(database_),
        audit_({.store = audit_store_, .authorizer = authorizer_}),
        retention_(audit_store_, context.clock, absl::Hours(24) * config.identity_reads_days, metrics_),
        server_({.grpc = config.grpc, .tls = config.tls}),
        service_(MakeGrpcService({registry_, organisation_, residents_, assignments_, hand_overs_, costs_, life_cycle_,
                                  portal_import_, assortment_, identity_, privacy_, chains_, plans_, audit_, feeds_,
                                  authorizer_, metrics_, server_.workers()})) {
    context.health.AddCheck("watches", [this] { return CheckWatches(); });
    parts_.Add("database", [this] { return database_.Prepare(); });
    parts_.Add("store", [this] { return store_.Prepare(catalogue_); });
    parts_.Add("organisation", [this] { return organisation_store_.Prepare(catalogue_); });
    parts_.Add("residents", [this] { return resident_store_.Prepare(); });
    parts_.Add("costs", [this] { return cost_store_.Prepare(); });
    parts_.Add("watches", [this] { return StartWatches(); }, [this] { StopWatches(); });
    parts_.Add("deadlines", [this] { return StartDeadlines(); }, [this] { deadlines_.Stop(); });
    parts_.Add("retention", [this] { return StartRetention(); }, [this] { retention_.Stop(); });
    parts_.Add("lock out", [this] { return StartLockOut(); }, [this] { StopLockOut(); });
    parts_.Add("grpc", [this] { return server_.Start({service_.get()}); }, [this] { StopServer(); });
  }

  absl::Status Start() override {
    if (absl::Status status = parts_.Start(); !status.ok()) return status;
    log::Info(kComponent, "serving", {{"port", server_.port()}});
    return absl::OkStatus();
  }
  void Stop() override { parts_.Stop(); }

 private:
  ChangeFollower::Options FollowerOptions() {
    ChangeFollower::Options options;
    options.report = [](const absl::Status& status) {
      if (status.ok()) return log::Info(kComponent, "the store answers again");
      log::Warn(kComponent, "cannot read changes, watches are silent", {{"error", std::string(status.message())}});
    };
    options.shown = [this](const absl::StatusOr<std::uint64_t>& revision) {
      metrics_.StoreAnswers(revision.ok());
      if (revision.ok()) metrics_.Shows(*revision);
    };
    return options;
  }

  LockOut::Options LockOutOptions() {
    LockOut::Options options;
    options.report = [this](bool in_force) {
      metrics_.LockedOut(in_force);
      log::Info(kComponent, in_force ? "the MQTT server obeys the list of who is revoked"
                                     : "the MQTT server does not say that it obeys the list of who is revoked");
    };
    return options;
  }

  absl::Status StartLockOut() {
    lock_out_.Start();
    guard_->Start({.connected = [this] { lock_out_.Connected(); },
                   .in_force = [this](std::uint64_t generation) { lock_out_.InForce(generation); }});
    return absl::OkStatus();
  }
  void StopLockOut() {
    guard_->Stop();
    lock_out_.Stop();
  }

  absl::Status CheckWatches() const {
    return authorizer_.fresh() ? absl::OkStatus() : absl::UnavailableError("PostgreSQL does not answer");
  }

  absl::Status StartDeadlines() {
    deadlines_.Start();
    return absl::OkStatus();
  }

  absl::Status StartWatches() {
    if (absl::Status status = follower_.Start(); !status.ok()) return status;
    leases_.Begin(feeds_.access.table().revision());
    return absl::OkStatus();
  }

  // Shown by the watches, and obeyed by every process that has a lease on the rights.
  bool Obeyed(std::uint64_t revision) {
    if (!follower_.WaitFor(revision, kInForceLimit)) return false;
    leases_.WaitFor(revision);
    return true;
  }

  absl::Status StartRetention() {
    retention_.Start();
    return absl::OkStatus();
  }

  void StopWatches() { follower_.Stop(); }

  // Open streams would hold the server's stop until its grace is over.
  void StopServer() {
    const absl::Status stopping = absl::UnavailableError("the registry is stopping; connect again");
    feeds_.routes.Close(stopping);
    feeds_.chains.Close(stopping);
    feeds_.access.Close(stopping);
    server_.Stop();
  }

  const Catalogue catalogue_;
  const CostRules cost_rules_;
  const std::unique_ptr<DeviceCa> device_ca_;
  const IdentityKeys identity_keys_;
  const std::unique_ptr<MqttGuard> guard_;
  Metrics metrics_;
  Feeds feeds_;
  PostgresChanges changes_;
  ChangeFollower follower_;
  Database database_;
  PostgresStore store_;
  PostgresOrganisation organisation_store_;
  PostgresResidents resident_store_;
  PostgresAssignments assignment_store_;
  PostgresHandOvers hand_over_store_;
  PostgresCosts cost_store_;
  PostgresChainStore chain_store_;
  PostgresPlanStore plan_store_;
  Authorizer authorizer_;
  Rights rights_;
  Registry registry_;
  Organisation organisation_;
  Residents residents_;
  Assignments assignments_;
  HandOvers hand_overs_;
  Costs costs_;
  PostgresLifeCycle moves_;
  Deadlines deadlines_;
  LifeCycle life_cycle_;
  PostgresAssortment choices_;
  Assortment assortment_;
  PostgresImport imports_;
  PortalImport portal_import_;
  PostgresIdentityStore identity_store_;
  LockOut lock_out_;
  Identity identity_;
  PostgresPrivacyStore privacy_store_;
  AccessLeases leases_{{}};
  Privacy privacy_;
  Chains chains_;
  Plans plans_;
  PostgresAudit audit_store_;
  Audit audit_;
  Retention retention_;
  rpc::Server server_;
  std::shared_ptr<grpc::Service> service_;
  app::Parts parts_;  // last: its parts use everything above
};

}  // namespace

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context) {
  const absl::StatusOr<Config> config = ReadConfig(root);
  if (!config.ok()) return config.status();
  SwedishCalendar::Zone();  // a machine without time zones says so here, not in the middle of a call
  absl::StatusOr<Catalogue> catalogue = Catalogue::Load(config->catalogue);
  if (!catalogue.ok()) return catalogue.status();
  absl::StatusOr<CostRules> cost_rules = CostRules::Load(config->catalogue + "/cost_rules.yaml");
  if (!cost_rules.ok()) return cost_rules.status();
  auto device_ca = DeviceCa::Load(
      {.cert = config->device_ca_cert, .key = config->device_ca_key, .password_key = config->mqtt_password_key},
      context.clock);
  if (!device_ca.ok()) return device_ca.status();
  absl::StatusOr<IdentityKeys> identity_keys = IdentityKeys::Load(config->identity_keys);
  if (!identity_keys.ok()) return identity_keys.status();
  auto guard = MqttGuard::Create(config->mqtt, config->tls);
  if (!guard.ok()) return guard.status();
  return std::make_unique<RegistryApp>(*config, context, *std::move(catalogue), *std::move(cost_rules),
                                       *std::move(device_ca), *std::move(identity_keys), *std::move(guard));
}

}  // namespace nara::registry
