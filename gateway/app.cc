#include "gateway/app.h"

#include <fstream>
#include <iterator>
#include <set>

#include "common/log/log.h"
#include "common/routes/watcher.h"
#include "common/rpc/channel.h"
#include "gateway/api/admission.h"
#include "gateway/api/api.h"
#include "gateway/backend/services.h"
#include "gateway/http/static_files.h"

namespace nara::gateway {
namespace {

class GatewayApp final : public app::App {
 public:
  GatewayApp(Config config, Catalogue catalogue, StaticFiles web, Api::Options api, app::Context& context)
      : metrics_(context.metrics),
        config_(std::move(config)),
        catalogue_(std::move(catalogue)),
        web_(std::move(web)),
        sessions_(authorizer_, context.clock),
        registry_(rpc::Connect(config_.registry, config_.tls)),
        fleet_(ConnectFleet(registry_)),
        devices_(ConnectDevices(registry_)),
        alerts_(ConnectAlerts(rpc::Connect(config_.alerts, config_.tls))),
        observations_(ConnectObservations(rpc::Connect(config_.broker, config_.tls))),
        feeds_(Ports{*fleet_, *alerts_, *observations_}, metrics_, context.clock),
        api_(std::move(api),
             {authorizer_, catalogue_, sessions_, feeds_, {*fleet_, *alerts_, *observations_}, metrics_}),
        admission_(*devices_, metrics_, context.clock) {
    context.health.AddCheck("access", [this] { return AccessKnown(); });
    access_.OnChange([this](const auto&) { sessions_.EndStale(); });
    privacy_.OnChange([this](const auto& changed) { Forget(changed); });
    api_.AddTo(router_);
    admission_.AddTo(router_);
    metrics_.AddRoutes(router_.Routes());
    router_.SetFallback([this](const Request& request, const PathParameters&) { return web_.Get(request.path); });
    parts_.Add("access", [this] { return WatchAccess(); }, [this] { watcher_->Stop(); });
    parts_.Add("feeds", [] { return absl::OkStatus(); }, [this] { feeds_.Stop(); });
    parts_.Add("http", [this] { return Listen(); }, [this] { server_->Stop(); });
  }

  absl::Status Start() override { return parts_.Start(); }
  void Stop() override { parts_.Stop(); }

 private:
  absl::Status AccessKnown() const {
    return access_.ready() ? absl::OkStatus()
                           : absl::UnavailableError("rights have never been heard from the registry");
  }

  absl::Status WatchAccess() {
    watcher_ = Watcher::Start(registry_, access_, privacy_, LocalCopy(config_.state_dir, "access"));
    return absl::OkStatus();
  }

  void Forget(const std::vector<PrivacyTable::Pointer>& changed) {
    std::set<std::string> residents;
    for (const PrivacyTable::Pointer& privacy : changed) residents.insert(privacy->resident());
    feeds_.Forget(residents);
  }

  absl::Status Listen() {
    Server::Options options = config_.http;
    options.handler_threads = Bulkheads::kThreads;
    auto server = Server::Start(options, router_, metrics_);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    log::Info("http", "listening", {{"address", config_.http.listen.ToString()}});
    return absl::OkStatus();
  }

  Metrics metrics_;
  const Config config_;
  const Catalogue catalogue_;
  const StaticFiles web_;
  AccessTable access_;
  PrivacyTable privacy_;
  const Authorizer authorizer_{access_};
  Sessions sessions_;
  const std::shared_ptr<grpc::Channel> registry_;
  const std::unique_ptr<FleetPort> fleet_;
  const std::unique_ptr<DevicePort> devices_;
  const std::unique_ptr<AlertPort> alerts_;
  const std::unique_ptr<ObservationPort> observations_;
  LiveFeeds feeds_;
  Router router_;
  Api api_;
  Admission admission_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<Server> server_;
  app::Parts parts_;  // last: stops what runs before anything above goes
};

absl::StatusOr<Api::Options> ApiOptions(const Config& config) {
  Api::Options options;
  options.secure = !config.http.cert.empty();
  std::ifstream openapi(config.openapi);
  options.openapi.assign(std::istreambuf_iterator<char>(openapi), {});
  if (config.personas.empty()) return options;
  auto personas = LoadPersonas(config.personas);
  if (!personas.ok()) return personas.status();
  options.personas = *std::move(personas);
  return options;
}

}  // namespace

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context) {
  auto config = ReadConfig(root);
  if (!config.ok()) return config.status();
  auto catalogue = Catalogue::Load(config->catalogue);
  if (!catalogue.ok()) return catalogue.status();
  auto web = StaticFiles::Load(config->web);
  if (!web.ok()) return web.status();
  auto options = ApiOptions(*config);
  if (!options.ok()) return options.status();
  return std::make_unique<GatewayApp>(*std::move(config), *std::move(catalogue), *std::move(web), *std::move(options),
                                      context);
}

}  // namespace nara::gateway
