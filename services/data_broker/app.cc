#include "data_broker/app.h"

#include <utility>

#include "common/catalogue/catalogue.h"
#include "common/redis/configured.h"
#include "common/routes/watcher.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "data_broker/config.h"
#include "data_broker/feed.h"
#include "data_broker/grpc_service.h"
#include "data_broker/history_writer.h"
#include "data_broker/postgres_history.h"
#include "data_broker/redis_logs.h"
#include "data_broker/service.h"
#include "data_broker/table_audience.h"

namespace nara::broker {
namespace {

constexpr std::chrono::seconds kLease{10};

std::set<std::string> CareKinds(const Catalogue& catalogue) {
  std::set<std::string> kinds;
  for (const auto& [id, kind] : catalogue.kinds()) {
    if (kind.care) kinds.insert(id);
  }
  return kinds;
}

std::set<std::string> SupervisionProducts(const Catalogue& catalogue) {
  std::set<std::string> products;
  for (const auto& [id, product] : catalogue.products()) {
    if (product.supervision) products.insert(id);
  }
  return products;
}

// Members in the order of their needs: what stands below uses what stands above.
class Broker final : public app::App {
 public:
  Broker(Config config, Seal seal, const Catalogue& catalogue, app::Context& context);

  absl::Status Start() override { return parts_.Start(); }
  void Stop() override { parts_.Stop(); }

 private:
  void AddParts(app::Context& context);
  void StartWatching();
  PostgresOptions Postgres() const;
  std::unique_ptr<LogShelf> Shelf() const { return MakeRedisShelf(redis_); }
  std::unique_ptr<LogSource> Source() const { return std::make_unique<LogReader>(redis_); }

  const Config config_;
  const RedisOptions redis_{ConfiguredRedis(config_.redis)};
  const Seal seal_;
  const std::set<std::string> kinds_;
  Metrics metrics_;
  RouteTable routes_;
  AccessTable clients_;
  PrivacyTable privacy_;
  TableAudience audience_;
  Relabeller relabeller_{metrics_};
  PostgresHistoryReader history_reader_;
  PostgresHistoryWriter history_store_;
  HistoryWriter history_writer_;
  Hub hub_;
  Feed feed_;
  CatchUp catch_up_;
  NoticeBoard notices_;
  Deliverer deliverer_;
  Service service_;
  rpc::Server server_;
  std::shared_ptr<grpc::Service> grpc_service_;
  std::unique_ptr<Watcher> route_watcher_;
  std::unique_ptr<Watcher> client_watcher_;
  // Last: stops what runs before the rest goes.
  app::Parts parts_;
};

Broker::Broker(Config config, Seal seal, const Catalogue& catalogue, app::Context& context)
    : config_(std::move(config)),
      seal_(std::move(seal)),
      kinds_(CareKinds(catalogue)),
      metrics_(context.metrics),
      audience_(routes_, clients_, privacy_, context.clock, SupervisionProducts(catalogue)),
      history_reader_(Postgres(), config_.history_readers),
      history_store_(Postgres(), UniqueHolder(context.name), kLease),
      history_writer_({.care_kinds = kinds_}, {.make_shelf = [this] { return Shelf(); },
                                               .make_source = [this] { return Source(); },
                                               .store = history_store_,
                                               .audience = audience_,
                                               .relabeller = relabeller_,
                                               .metrics = metrics_,
                                               .clock = context.clock}),
      feed_({.care_kinds = kinds_}, {.make_shelf = [this] { return Shelf(); },
                                     .make_source = [this] { return Source(); },
                                     .audience = audience_,
                                     .hub = hub_,
                                     .metrics = metrics_,
                                     .clock = context.clock}),
      catch_up_({.care_kinds = kinds_}, {.make_shelf = [this] { return Shelf(); },
                                         .history = history_reader_,
                                         .audience = audience_,
                                         .hub = hub_,
                                         .metrics = metrics_,
                                         .clock = context.clock}),
      notices_({}, {history_reader_, audience_, metrics_, context.clock}),
      deliverer_({}, seal_, metrics_, context.clock),
      service_({.max_subscriptions = config_.max_subscriptions,
                .subscription = {.capacity = config_.subscriber_queue},
                .care_kinds = kinds_},
               {audience_, seal_, history_reader_, hub_, catch_up_, notices_, deliverer_, metrics_}),
      server_({.grpc = config_.grpc, .tls = config_.tls}),
      grpc_service_(MakeGrpcService(service_, server_.workers())) {
  AddParts(context);
}

PostgresOptions Broker::Postgres() const {
  PostgresOptions options;
  options.conninfo = config_.postgres;
  return options;
}

void Broker::StartWatching() {
  const auto channel = rpc::Connect(config_.registry, config_.tls);
  route_watcher_ = Watcher::Start(channel, routes_, LocalCopy(config_.state_dir, "routes"));
  WatchOptions access = LocalCopy(config_.state_dir, "access");
  access.settle = [this] { deliverer_.Settle(); };
  client_watcher_ = Watcher::Start(channel, clients_, privacy_, std::move(access));
}

void Broker::AddParts(app::Context& context) {
  const auto wake = [this](const SubscriptionPtr& pending) { deliverer_.Wake(pending); };
  hub_.OnPending(wake);
  catch_up_.OnPending(wake);
  notices_.OnPending(wake);
  deliverer_.OnServed([this](const SubscriptionPtr& served) { catch_up_.Feed(served); });
  routes_.OnChange([this](const auto& routes) { relabeller_.Changed(routes); });
  context.health.AddCheck("routes", [this] {
    return routes_.ready() && clients_.ready() && privacy_.ready()
               ? absl::OkStatus()
               : absl::UnavailableError("nothing from the registry yet");
  });
  context.health.AddCheck(
      "logs", [this] { return feed_.healthy() ? absl::OkStatus() : absl::UnavailableError("Redis cannot be read"); });

  parts_.Add(
      "watches", [this] { StartWatching(); },
      [this] {
        route_watcher_.reset();
        client_watcher_.reset();
      });
  parts_.Add("history", [this] { history_writer_.Start(); }, [this] { history_writer_.Stop(); });
  parts_.Add("catch-up", [this] { catch_up_.Start(); }, [this] { catch_up_.Stop(); });
  parts_.Add("notices", [this] { notices_.Start(); }, [this] { notices_.Stop(); });
  parts_.Add("delivery", [this] { deliverer_.Start(); }, [this] { deliverer_.Stop(); });
  parts_.Add("feed", [this] { feed_.Start(); }, [this] { feed_.Stop(); });
  parts_.Add(
      "grpc", [this] { return server_.Start({grpc_service_.get()}); },
      [this] {
        deliverer_.Stop();
        server_.Stop();
      });
}

}  // namespace

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context) {
  absl::StatusOr<Config> config = ReadConfig(root);
  if (!config.ok()) return config.status();
  absl::StatusOr<Seal> seal = Seal::FromFile(config->cursor_key);
  if (!seal.ok()) return seal.status();
  const absl::StatusOr<Catalogue> catalogue = Catalogue::Load(config->catalogue);
  if (!catalogue.ok()) return catalogue.status();
  return std::make_unique<Broker>(*std::move(config), *std::move(seal), *catalogue, context);
}

}  // namespace nara::broker
