#include "ingest/app.h"

#include <google/protobuf/stubs/logging.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/access/access_table.h"
#include "common/catalogue/catalogue.h"
#include "common/log/log.h"
#include "common/postgres/log_positions.h"
#include "common/redis/configured.h"
#include "common/routes/watcher.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/time/pause.h"
#include "ingest/arrival_clock.h"
#include "ingest/backlog.h"
#include "ingest/command_sender.h"
#include "ingest/config.h"
#include "ingest/contact_book.h"
#include "ingest/contact_teller.h"
#include "ingest/grpc_service.h"
#include "ingest/guard_counters.h"
#include "ingest/housekeeping.h"
#include "ingest/mqtt_link.h"
#include "ingest/postgres_commands.h"
#include "ingest/postgres_quarantine.h"
#include "ingest/presence_keeper.h"
#include "ingest/presence_store.h"
#include "ingest/quarantine_mover.h"
#include "ingest/redis_log.h"
#include "ingest/redis_quarantine.h"
#include "ingest/replay.h"
#include "ingest/worker.h"

namespace nara::ingest {
namespace {

PostgresOptions Postgres(const Config& config, const std::string& name) {
  PostgresOptions options;
  options.conninfo = config.postgres;
  options.schema = "ingest";
  options.application_name = name;
  return options;
}

// The logs of which this lane's process removes what is old.
std::vector<LogId> LogsOf(Lane lane) {
  std::vector<LogId> logs;
  for (int shard = 0; shard < kShardCount; ++shard) {
    if (lane == Lane::kAlarm) {
      logs.push_back({shard, Log::kAlarm});
    } else {
      logs.push_back({shard, Log::kMeasurement});
      logs.push_back({shard, Log::kQuarantine});
    }
  }
  return logs;
}

// The alert router waits for alarms only.
BacklogOptions BacklogOptionsOf(Lane lane, const RedisOptions& redis) {
  BacklogOptions options;
  if (lane == Lane::kAlarm) options.tell = redis;
  return options;
}

// A lane hears what it has worked off, but for what has just come. Longer finds it hearing when it is not, shorter
// makes it deaf whenever Redis is slow.
constexpr absl::Duration kHearsWithin = absl::Seconds(2);

std::shared_ptr<ShardDirectory> DirectoryOf(const RedisOptions& redis) {
  return redis.primary ? redis.primary : std::make_shared<FixedShardDirectory>(redis.address);
}

// Null for a single Redis.
std::unique_ptr<Primary> PrimaryFor(const config::Redis& redis, const std::vector<Worker::Shard>& shards,
                                    const Clock& clock, Metrics& metrics) {
  if (!redis.replicated()) return nullptr;
  PrimaryOptions options{.logs = {}, .replicas = redis.replicas, .alone_after = redis.alone_after};
  for (const Worker::Shard& shard : shards) {
    for (const Log log : {Log::kAlarm, Log::kMeasurement, Log::kQuarantine})
      options.logs.push_back({shard.number, log});
  }
  return std::make_unique<Primary>(std::move(options), clock, metrics);
}

std::vector<Worker::Shard> AllShards() {
  std::vector<Worker::Shard> shards;
  for (int shard = 0; shard < kShardCount; ++shard) shards.push_back({shard, nullptr});
  return shards;
}

// Somebody else writes a shard of ours: two processes of one lane run. The supervisor's restart takes it back or fails
// visibly; going on would only fill the inbox.
void EndOnLostShard(int shard) {
  log::Error("ingest", "another process writes a shard of this lane, ending", {{"shard", shard}});
  kill(getpid(), SIGTERM);
}

// Members in the order of their needs: what stands below uses what stands above.
class Ingest final : public app::App {
 public:
  Ingest(Config config, Catalogue catalogue, MqttLink::Inboxes inboxes, app::Context& context);

  absl::Status Start() override { return parts_.Start(); }
  void Stop() override { parts_.Stop(); }

 private:
  struct Runner {
    std::unique_ptr<RedisLog> log;
    std::unique_ptr<Worker> worker;
    std::jthread thread;
  };

  void MakeRunners();
  void MakePresence(app::Context& context);
  bool Hears(int shard) const;
  const Worker& WorkerOf(int shard) const {
    return *runners_[static_cast<std::size_t>(shard) % runners_.size()].worker;
  }
  Worker& WorkerOf(int shard) { return *runners_[static_cast<std::size_t>(shard) % runners_.size()].worker; }
  ServiceDeps Deps(const Clock& clock);
  void AddChecks(app::Health& health);
  absl::Status CheckLog() const;
  void AddParts();
  void StartWatching();
  void KeepSchema(const std::stop_token& stop);

  const Config config_;
  const RedisOptions redis_;
  const Catalogue catalogue_;
  const PostgresOptions postgres_;
  Metrics metrics_;
  ArrivalClock arrivals_;
  GuardCounters guard_;
  ServerCounters server_counters_;
  RouteTable routes_;
  AccessTable clients_;
  PrivacyTable privacy_;
  Authorizer authorizer_;
  Judge judge_{catalogue_};
  ContactBook contacts_;
  JobSource source_{routes_, judge_, metrics_, contacts_};
  const std::shared_ptr<ShardDirectory> directory_;
  MemoryGuard memory_;
  ShardTokens tokens_{};
  MqttLink::Inboxes inboxes_;
  MqttLink link_;
  std::vector<Runner> runners_;
  Housekeeping housekeeping_;
  Backlog backlog_;
  ContactTeller teller_;
  RedisPresenceStore presence_store_;
  RedisLog presence_log_;
  std::unique_ptr<PresenceKeeper> presence_;  // the alarm lane's
  RedisQuarantineSource quarantine_source_;
  PostgresQuarantineStore quarantine_store_;
  QuarantineMover mover_;
  PostgresQuarantineShelf shelf_;
  RedisLog replay_log_;
  Replay replay_;
  PostgresCommands commands_;
  CommandSender sender_;
  Service service_;
  rpc::Server server_;
  std::shared_ptr<grpc::Service> grpc_service_;
  std::unique_ptr<Watcher> route_watcher_;
  std::unique_ptr<Watcher> client_watcher_;
  std::jthread schema_;
  // Last: stops what runs before the rest goes.
  app::Parts parts_;
};

Ingest::Ingest(Config config, Catalogue catalogue, MqttLink::Inboxes inboxes, app::Context& context)
    : config_(std::move(config)),
      redis_(ConfiguredRedis(config_.redis)),
      catalogue_(std::move(catalogue)),
      postgres_(Postgres(config_, context.name)),
      metrics_(context.metrics, config_.lane),
      arrivals_(context.clock, metrics_),
      guard_(context.metrics),
      server_counters_(context.metrics),
      authorizer_(clients_, privacy_, context.clock),
      directory_(DirectoryOf(redis_)),
      memory_{config_.memory_limit, 0},
      inboxes_(std::move(inboxes)),
      link_({config_.lane, config_.mqtt, config_.tls}, inboxes_, arrivals_, metrics_, guard_, server_counters_,
            [this](int shard) { WorkerOf(shard).Wake(); }),
      runners_(static_cast<std::size_t>(config_.workers)),
      housekeeping_({.redis = redis_, .logs = LogsOf(config_.lane), .retention = config_.log_retention}, memory_,
                    arrivals_),
      backlog_(BacklogOptionsOf(config_.lane, redis_), {inboxes_, arrivals_, context.clock, metrics_}),
      teller_({redis_, config_.lane, contacts_, context.clock, [this](int s) { return Hears(s); }}),
      presence_store_(redis_),
      presence_log_(*directory_, memory_, redis_, PrimaryFor(config_.redis, AllShards(), arrivals_, metrics_)),
      quarantine_source_(redis_),
      quarantine_store_(postgres_, UniqueHolder(context.name), config_.quarantine_per_device),
      mover_(quarantine_source_, quarantine_store_, routes_, metrics_),
      shelf_(postgres_),
      replay_log_(*directory_, memory_, redis_, PrimaryFor(config_.redis, AllShards(), arrivals_, metrics_)),
      replay_({routes_, judge_, replay_log_, tokens_, context.clock}),
      commands_(postgres_),
      sender_(
          commands_, [this](const DueCommand& command) { return link_.SendCommand(command); }, context.metrics,
          config_.lane),
      service_(Deps(context.clock)),
      server_({.grpc = config_.grpc, .tls = config_.tls}),
      grpc_service_(MakeGrpcService(service_, server_.workers())) {
  // A hostile payload must not write to our log.
  google::protobuf::SetLogHandler(nullptr);
  MakeRunners();
  if (config_.lane == Lane::kAlarm) MakePresence(context);
  AddChecks(context.health);
  AddParts();
}

void Ingest::MakeRunners() {
  WorkerOptions options;
  options.lane = config_.lane;
  options.device_limits = config_.device_limits;
  options.receipt_interval = config_.lane == Lane::kAlarm ? absl::ZeroDuration() : config_.receipt_interval;
  if (config_.redis.replicated()) options.keep_submits = config_.inbox_keep;
  std::vector<std::vector<Worker::Shard>> shards(runners_.size());
  for (int shard = 0; shard < kShardCount; ++shard) {
    const auto index = static_cast<std::size_t>(shard);
    shards[index % runners_.size()].push_back({shard, inboxes_[index].get()});
  }
  for (std::size_t i = 0; i < runners_.size(); ++i) {
    runners_[i].log = std::make_unique<RedisLog>(*directory_, memory_, redis_,
                                                 PrimaryFor(config_.redis, shards[i], arrivals_, metrics_));
    runners_[i].worker = std::make_unique<Worker>(
        options,
        WorkerDeps{source_, *runners_[i].log, link_, contacts_, tokens_, arrivals_, metrics_, EndOnLostShard,
                   [this](CommandAnswer answer) { sender_.Answered(std::move(answer)); }},
        shards[i]);
  }
}

void Ingest::MakePresence(app::Context& context) {
  presence_ = std::make_unique<PresenceKeeper>(
      config_.presence, PresenceKeeperDeps{presence_store_, presence_log_, routes_, catalogue_, tokens_, context.clock,
                                           context.metrics, EndOnLostShard});
}

bool Ingest::Hears(int shard) const {
  if (!link_.connected(shard) || !routes_.ready() || memory_.full() || WorkerOf(shard).stalled()) return false;
  const absl::StatusOr<absl::Time> oldest = inboxes_[static_cast<std::size_t>(shard)]->OldestArrival();
  return oldest.ok() && arrivals_.Now() - *oldest < kHearsWithin;
}

ServiceDeps Ingest::Deps(const Clock& clock) {
  return {config_.lane,
          authorizer_,
          routes_,
          clock,
          arrivals_,
          shelf_,
          [this](std::vector<QuarantineRow> held) { return replay_.Deliver(config_.lane, std::move(held)); },
          [this](Origin origin, nara::telemetry::v1::Uplink uplink, absl::Duration timeout) {
            Worker& worker = WorkerOf(ShardOf(origin.device));
            return worker.Submit(std::move(origin), std::move(uplink), timeout);
          },
          commands_,
          [this] { sender_.Wake(); }};
}

void Ingest::AddChecks(app::Health& health) {
  health.AddCheck("routes", [this] {
    return routes_.ready() && clients_.ready() ? absl::OkStatus()
                                               : absl::UnavailableError("nothing from the registry yet");
  });
  health.AddCheck("clock", [this] { return arrivals_.Steady(); });
  health.AddCheck("sessions", [this] {
    const int connected = link_.connected();
    return connected == kShardCount
               ? absl::OkStatus()
               : absl::UnavailableError(absl::StrCat(connected, " of ", kShardCount, " MQTT sessions are connected"));
  });
  health.AddCheck("log", [this] { return CheckLog(); });
}

absl::Status Ingest::CheckLog() const {
  for (const auto& token : tokens_) {
    if (token == 0) return absl::UnavailableError("not every shard's token is ours yet");
  }
  if (memory_.full()) return absl::UnavailableError("Redis has used its memory up to this lane's limit");
  const bool stalled = std::ranges::any_of(runners_, [](const Runner& runner) { return runner.worker->stalled(); });
  return stalled ? absl::UnavailableError("the last append failed, it is tried again") : absl::OkStatus();
}

void Ingest::StartWatching() {
  const auto channel = rpc::Connect(config_.registry, config_.tls);
  route_watcher_ = Watcher::Start(channel, routes_, LocalCopy(config_.state_dir, "routes"));
  client_watcher_ = Watcher::Start(channel, clients_, privacy_, LocalCopy(config_.state_dir, "access"));
}

// PostgreSQL is not needed to take messages: until it is there quarantine waits in its log, and no command is accepted.
void Ingest::KeepSchema(const std::stop_token& stop) {
  do {
    const absl::Status status = PrepareSchema(postgres_);
    if (status.ok()) {
      if (config_.lane == Lane::kMeasurement) mover_.Start();
      sender_.Start();
      return;
    }
    log::Warn("quarantine", "the schema is not ready, trying again", {{"error", std::string(status.message())}});
  } while (Pause(stop, std::chrono::seconds(1)));
}

void Ingest::AddParts() {
  parts_.Add(
      "watches", [this] { StartWatching(); },
      [this] {
        route_watcher_.reset();
        client_watcher_.reset();
      });
  parts_.Add(
      "quarantine", [this] { schema_ = std::jthread([this](const std::stop_token& stop) { KeepSchema(stop); }); },
      [this] {
        schema_ = {};
        mover_.Stop();
        sender_.Stop();
      });
  parts_.Add("housekeeping", [this] { housekeeping_.Start(); }, [this] { housekeeping_.Stop(); });
  parts_.Add("backlog", [this] { backlog_.Start(); }, [this] { backlog_.Stop(); });
  parts_.Add("mqtt", [this] { return link_.Start(); }, [this] { link_.Stop(); });
  // Stops after the workers, who still hear.
  parts_.Add("contacts", [this] { teller_.Start(); }, [this] { teller_.Stop(); });
  parts_.Add(
      "workers",
      [this] {
        for (Runner& runner : runners_) {
          runner.thread = std::jthread([&runner](const std::stop_token& stop) { runner.worker->Run(stop); });
        }
      },
      [this] {
        for (Runner& runner : runners_) runner.thread = {};
      });
  if (presence_) parts_.Add("presence", [this] { presence_->Start(); }, [this] { presence_->Stop(); });
  parts_.Add("grpc", [this] { return server_.Start({grpc_service_.get()}); }, [this] { server_.Stop(); });
}

absl::StatusOr<MqttLink::Inboxes> OpenInboxes(const Config& config) {
  MqttLink::Inboxes inboxes;
  for (int shard = 0; shard < kShardCount; ++shard) {
    absl::StatusOr<std::unique_ptr<Inbox>> inbox = Inbox::Open(
        {absl::StrCat(config.state_dir, "/inbox/", ShardText(shard)), config.inbox_segment_bytes,
         config.inbox_max_bytes / kShardCount, config.redis.replicated() ? config.inbox_keep : absl::ZeroDuration(),
         config.inbox_keep_bytes / kShardCount});
    if (!inbox.ok()) return inbox.status();
    inboxes[static_cast<std::size_t>(shard)] = *std::move(inbox);
  }
  return inboxes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<app::App>> MakeApp(config::Section& root, app::Context& context) {
  absl::StatusOr<Config> config = ReadConfig(root);
  if (!config.ok()) return config.status();
  absl::StatusOr<Catalogue> catalogue = Catalogue::Load(config->catalogue);
  if (!catalogue.ok()) return catalogue.status();
  absl::StatusOr<MqttLink::Inboxes> inboxes = OpenInboxes(*config);
  if (!inboxes.ok()) return inboxes.status();
  return std::make_unique<Ingest>(*std::move(config), *std::move(catalogue), *std::move(inboxes), context);
}

}  // namespace nara::ingest
