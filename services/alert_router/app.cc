#include "alert_router/app.h"

#include <utility>

#include "alert_router/attendance.h"
#include "alert_router/config.h"
#include "alert_router/grpc_service.h"
#include "alert_router/log_follower.h"
#include "alert_router/postgres_store.h"
#include "alert_router/refiller.h"
#include "alert_router/schema.h"
#include "common/postgres/log_positions.h"
#include "common/postgres/migrate.h"
#include "common/redis/configured.h"
#include "common/routes/watcher.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "grpcpp/impl/codegen/service_type.h"

namespace nara::alert {
namespace {

constexpr char kSchema[] = "alerts";

PostgresOptions Postgres(const Config& config) {
  return {.conninfo = config.postgres, .schema = kSchema, .application_name = config.name};
}

class AlertRouter final : public app::App {
 public:
  AlertRouter(Config config, Catalogue catalogue, app::Context& context)
      : config_(std::move(config)),
        catalogue_(std::move(catalogue)),
        metrics_(context.metrics),
        positions_(UniqueHolder(config_.name)),
        pool_(Postgres(config_), config_.postgres_connections),
        store_(pool_, positions_),
        authorizer_(access_),
        answers_(routes_, chains_, config_.last_resort),
        links_(
            [this](const std::string& receiver) { caretaker_.LinkWent(receiver); },
            {.settle = config_.settle, .stalled_after = config_.stalled_after, .behind = [this] { refiller_.Wake(); }}),
        watchers_([this](const std::string& caller, const Alert& alert) { return desk_.MaySee(caller, alert); }),
        outlet_(links_, watchers_, metrics_),
        ledger_(store_, answers_, links_, outlet_, metrics_),
        desk_(store_, ledger_, authorizer_),
        caretaker_({ledger_, store_, links_, metrics_}),
        refiller_(store_, links_, outlet_),
        attendance_({desk_, links_, watchers_, caretaker_, lag_, metrics_, context.clock}),
        intake_({ledger_, catalogue_, answers_, metrics_, context.clock}),
        follower_({intake_, lag_, pool_, positions_, context.clock, [this] { return RegistryHeard(); }},
                  ConfiguredRedis(config_.redis)),
        server_({.grpc = config_.grpc, .tls = config_.tls}),
        attend_streams_("Attend", config_.attend_streams, metrics_),
        watch_streams_("WatchAlerts", config_.watch_streams, metrics_),
        service_(MakeGrpcService({server_.workers(), desk_, attendance_, watchers_, attend_streams_, watch_streams_})) {
    context.health.AddCheck("logs", [this] { return follower_.Health(); });
    context.health.AddCheck("registry", [this] { return RegistryKnown(); });
    parts_.Add("schema", [this] { return MigrateSchema(); });
    parts_.Add("registry", [this] { return Follow(); }, [this] { Unfollow(); });
    parts_.Add("grpc", [this] { return Serve(); }, [this] { StopServing(); });
    parts_.Add("watchers", [this] { return Begin(watchers_); }, [this] { watchers_.Stop(); });
    parts_.Add("refiller", [this] { return Begin(refiller_); }, [this] { refiller_.Stop(); });
    // Stops before the streams end: our going is no reason for a next step, receivers come back within a second.
    parts_.Add("caretaker", [this] { return Begin(caretaker_); }, [this] { caretaker_.Stop(); });
    parts_.Add("attendance", [this] { return Begin(attendance_); }, [this] { attendance_.Stop(); });
    parts_.Add("logs", [this] { return Begin(follower_); }, [this] { follower_.Stop(); });
  }
  ~AlertRouter() override { Stop(); }

  absl::Status Start() override { return parts_.Start(); }
  void Stop() override { parts_.Stop(); }

 private:
  template <typename Part>
  static absl::Status Begin(Part& part) {
    part.Start();
    return absl::OkStatus();
  }

  absl::Status MigrateSchema() {
    const auto connection = PostgresConnection::Connect(Postgres(config_));
    return connection.ok() ? Migrate(**connection, kSchema, Migrations()) : connection.status();
  }

  absl::Status Follow() {
    const auto channel = rpc::Connect(config_.registry, config_.tls);
    watches_.push_back(Watcher::Start(channel, routes_, LocalCopy(config_.state_dir, "routes")));
    watches_.push_back(Watcher::Start(channel, chains_, LocalCopy(config_.state_dir, "chains")));
    watches_.push_back(Watcher::Start(channel, access_, LocalCopy(config_.state_dir, "access")));
    return absl::OkStatus();
  }

  void Unfollow() {
    for (const auto& watch : watches_) watch->Stop();
    watches_.clear();
  }

  absl::Status RegistryKnown() const {
    if (routes_.ready() && chains_.ready() && access_.ready()) return absl::OkStatus();
    return absl::UnavailableError("routes, chains or rights have never been heard from the registry");
  }

  bool RegistryHeard() const { return routes_.silence() && chains_.silence() && access_.silence(); }

  absl::Status Serve() {
    absl::Status started = server_.Start({service_.get()});
    if (started.ok()) links_.Open();
    return started;
  }

  void StopServing() {
    const absl::Status stopping = absl::UnavailableError("the alert router is stopping; connect again");
    links_.CloseAll(stopping);
    watchers_.CloseAll(stopping);
    server_.Stop();
  }

  const Config config_;
  const Catalogue catalogue_;
  RouteTable routes_;
  ChainTable chains_;
  AccessTable access_;
  Lag lag_;
  Metrics metrics_;
  const LogPositions positions_;
  PostgresPool pool_;
  PostgresStore store_;
  const Authorizer authorizer_;
  const Answers answers_;
  Links links_;
  Watchers watchers_;
  Outlet outlet_;
  Ledger ledger_;
  Desk desk_;
  Caretaker caretaker_;
  Refiller refiller_;
  Attendance attendance_;
  Intake intake_;
  LogFollower follower_;
  rpc::Server server_;
  StreamQuota attend_streams_;
  StreamQuota watch_streams_;
  std::unique_ptr<grpc::Service> service_;
  std::vector<std::unique_ptr<Watcher>> watches_;
  // Last: its parts use everything above.
  app::Parts parts_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context) {
  auto config = ReadConfig(root);
  if (!config.ok()) return config.status();
  config->name = context.name;
  auto catalogue = Catalogue::Load(config->catalogue);
  if (!catalogue.ok()) return catalogue.status();
  return std::make_unique<AlertRouter>(*std::move(config), *std::move(catalogue), context);
}

}  // namespace nara::alert
