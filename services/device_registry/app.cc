#include "device_registry/app.h"

#include <openssl/rand.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/access/authorizer.h"
#include "common/catalogue/catalogue.h"
#include "common/chains/schedule.h"
#include "common/log/log.h"
#include "common/rpc/server.h"
#include "device_registry/chains/chains.h"
#include "device_registry/chains/plans.h"
#include "device_registry/chains/postgres_store.h"
#include "device_registry/change_follower.h"
#include "device_registry/device_ca.h"
#include "device_registry/feeds.h"
#include "device_registry/grpc_service.h"
#include "device_registry/metrics.h"
#include "device_registry/postgres_store.h"
#include "device_registry/registry.h"

namespace nara::registry {
namespace {

constexpr char kComponent[] = "device_registry";
constexpr std::chrono::seconds kInForceLimit{1};

// 128 random bits in hexadecimal.
std::string NewId() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex.push_back("0123456789abcdef"[byte >> 4]);
    hex.push_back("0123456789abcdef"[byte & 15]);
  }
  return hex;
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
  RegistryApp(const Config& config, app::Context& context, Catalogue catalogue, std::unique_ptr<DeviceCa> device_ca,
              absl::TimeZone zone)
      : catalogue_(std::move(catalogue)),
        device_ca_(std::move(device_ca)),
        metrics_(context.metrics),
        changes_(Options(config, context.name)),
        follower_(changes_, feeds_, FollowerOptions()),
        database_(Options(config, context.name), static_cast<std::size_t>(config.connections),
                  [this] { follower_.Wake(); }),
        store_(database_),
        chain_store_(database_),
        plan_store_(database_),
        authorizer_(feeds_.access.table()),
        registry_({.store = store_,
                   .credentials = *device_ca_,
                   .catalogue = catalogue_,
                   .authorizer = authorizer_,
                   .clock = context.clock,
                   .in_force = [this](std::uint64_t at) { return follower_.WaitFor(at, kInForceLimit); },
                   .new_id = NewId}),
        chains_(
            {.chains = chain_store_, .store = store_, .authorizer = authorizer_, .clock = context.clock, .zone = zone}),
        plans_({.plans = plan_store_, .catalogue = catalogue_, .authorizer = authorizer_}),
        server_({.grpc = config.grpc, .tls = config.tls}),
        service_(MakeGrpcService({registry_, chains_, plans_, feeds_, authorizer_, metrics_, server_.workers()})) {
    context.health.AddCheck("watches", [this] { return CheckWatches(); });
    parts_.Add("database", [this] { return database_.Prepare(); });
    parts_.Add("store", [this] { return store_.Prepare(catalogue_); });
    parts_.Add("watches", [this] { return follower_.Start(); }, [this] { StopWatches(); });
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

  absl::Status CheckWatches() const {
    return authorizer_.fresh() ? absl::OkStatus() : absl::UnavailableError("PostgreSQL does not answer");
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
  const std::unique_ptr<DeviceCa> device_ca_;
  Metrics metrics_;
  Feeds feeds_;
  PostgresChanges changes_;
  ChangeFollower follower_;
  Database database_;
  PostgresStore store_;
  PostgresChainStore chain_store_;
  PostgresPlanStore plan_store_;
  Authorizer authorizer_;
  Registry registry_;
  Chains chains_;
  Plans plans_;
  rpc::Server server_;
  std::shared_ptr<grpc::Service> service_;
  app::Parts parts_;  // last: its parts use everything above
};

}  // namespace

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(const Config& config, app::Context& context) {
  absl::StatusOr<Catalogue> catalogue = Catalogue::Load(config.catalogue);
  if (!catalogue.ok()) return catalogue.status();
  auto device_ca = DeviceCa::Load(
      {.cert = config.device_ca_cert, .key = config.device_ca_key, .password_key = config.mqtt_password_key},
      context.clock);
  if (!device_ca.ok()) return device_ca.status();
  const absl::StatusOr<absl::TimeZone> zone = SwedishTime();
  if (!zone.ok()) return zone.status();
  return std::make_unique<RegistryApp>(config, context, *std::move(catalogue), *std::move(device_ca), *zone);
}

absl::StatusOr<std::unique_ptr<app::App>> MakeProcess(config::Section& root, app::Context& context) {
  const absl::StatusOr<Config> config = ReadConfig(root);
  if (!config.ok()) return config.status();
  return MakeApp(*config, context);
}

}  // namespace nara::registry
