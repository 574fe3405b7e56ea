// The whole process but for its main: mutual TLS, real Redis and PostgreSQL, and a
// registry that only knows two units.
#include "data_broker/app.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <thread>

#include "common/redis/keys.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/streams.h"
#include "common/rpc/testing/test_pki.h"
#include "common/testing/servers.h"
#include "common/testing/wait_for.h"
#include "data_broker/testing/fakes.h"
#include "nara/broker/v1/broker.grpc.pb.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara::broker {
namespace {

constexpr char kUnit[] = "care-1480-1";
constexpr char kOtherUnit[] = "care-1481-1";

registry::v1::Route GlucoseMeter(const std::string& device, std::uint64_t revision) {
  registry::v1::Route route;
  route.set_device(device);
  route.set_revision(revision);
  auto& assignment = *route.add_assignments();
  assignment.set_id("as-" + device);
  assignment.mutable_start_at()->set_seconds(testing::kNoon - 1000);
  auto& point = *assignment.add_responsibilities();
  point.set_purpose(registry::v1::PURPOSE_CARE);
  point.mutable_since()->set_seconds(testing::kNoon - 1000);
  point.set_principal("1480");
  point.set_unit(kUnit);
  return route;
}

registry::v1::Client CareClient(const std::string& unit) {
  registry::v1::Client client;
  client.set_id(unit);
  client.set_role("care_unit");
  client.set_principal(unit.substr(5, 4));
  client.add_units(unit);
  return client;
}

// The registry's watches: a snapshot, then the stream stays open.
class TwoUnits final : public registry::v1::DeviceRegistryService::CallbackService {
 public:
  TwoUnits(rpc::WorkerPool& workers, std::vector<registry::v1::Route> routes)
      : workers_(workers), routes_(std::move(routes)) {}

  grpc::ServerWriteReactor<registry::v1::WatchRoutesResponse>* WatchRoutes(
      grpc::CallbackServerContext* context, const registry::v1::WatchRoutesRequest* request) override {
    registry::v1::WatchRoutesResponse response;
    for (const registry::v1::Route& route : routes_) *response.add_routes() = route;
    return Snapshot(context, request, response);
  }
  grpc::ServerWriteReactor<registry::v1::WatchAccessResponse>* WatchAccess(
      grpc::CallbackServerContext* context, const registry::v1::WatchAccessRequest* request) override {
    registry::v1::WatchAccessResponse response;
    *response.add_clients() = CareClient(kUnit);
    *response.add_clients() = CareClient(kOtherUnit);
    return Snapshot(context, request, response);
  }

 private:
  template <typename Request, typename Response>
  grpc::ServerWriteReactor<Response>* Snapshot(grpc::CallbackServerContext* context, const Request* request,
                                               Response response) {
    response.set_snapshot_start(true);
    response.set_complete(true);
    response.set_revision(routes_.size());
    return rpc::ServerStream<Response>(context, workers_, request,
                                       [response](const rpc::CallContext&, const Request&, auto writer) {
                                         writer->Offer(response);
                                         return absl::OkStatus();
                                       });
  }

  rpc::WorkerPool& workers_;
  const std::vector<registry::v1::Route> routes_;
};

// A subscriber on a thread of its own.
class Subscriber {
 public:
  Subscriber(std::shared_ptr<grpc::Channel> channel, const v1::SubscribeRequest& request)
      : stub_(v1::DataBrokerService::NewStub(channel)),
        stream_(stub_->Subscribe(&context_, request)),
        thread_([this] { Read(); }) {}
  ~Subscriber() { Cancel(); }

  void Cancel() { context_.TryCancel(); }
  std::vector<std::string> ids() const {
    const std::lock_guard lock(mutex_);
    return ids_;
  }
  std::string cursor() const {
    const std::lock_guard lock(mutex_);
    return cursor_;
  }
  std::optional<absl::Status> ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
  }

 private:
  void Read() {
    v1::SubscribeResponse response;
    while (stream_->Read(&response)) {
      const std::lock_guard lock(mutex_);
      for (const auto& observation : response.observations()) ids_.push_back(observation.id());
      cursor_ = response.cursor();
    }
    const absl::Status status = rpc::FromGrpc(stream_->Finish());
    const std::lock_guard lock(mutex_);
    ended_ = status;
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::DataBrokerService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::SubscribeResponse>> stream_;
  mutable std::mutex mutex_;
  // State below is protected by mutex_.
  std::vector<std::string> ids_;
  std::string cursor_;
  std::optional<absl::Status> ended_;
  // Last: it uses everything above.
  std::jthread thread_;
};

class AppTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto postgres = nara::testing::PostgresServer::Start();
    ASSERT_TRUE(postgres.ok()) << postgres.status();
    postgres_ = *std::move(postgres);
    ASSERT_TRUE(postgres_->CreateOwner("nara_broker", "broker").ok());
    auto redis = nara::testing::RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    registry_port_ = nara::testing::FreePort();
    StartRegistry({GlucoseMeter("glu-1", 1)});
    dir_.Write("cursor.key", std::string(32, 'k'));
    port_ = nara::testing::FreePort();
    StartApp();
  }
  void TearDown() override {
    if (app_ != nullptr) app_->Stop();
    registry_server_->Stop();
  }

  void StartRegistry(const std::vector<registry::v1::Route>& routes) {
    registry_server_ = std::make_unique<rpc::Server>(rpc::Server::Options{
        .grpc = {.listen = {"127.0.0.1", registry_port_}, .workers = 4}, .tls = pki_.Issue("nara-device-registry")});
    registry_ = std::make_unique<TwoUnits>(registry_server_->workers(), routes);
    ASSERT_TRUE(registry_server_->Start({registry_.get()}).ok());
  }

  std::string Yaml() {
    const config::Tls tls = pki_.Issue("nara-data-broker");
    return "grpc: {listen: \"127.0.0.1:" + std::to_string(port_) + "\"}\ntls: {ca: \"" + tls.ca + "\", cert: \"" +
           tls.cert + "\", key: \"" + tls.key + "\"}\nredis: {address: \"" + redis_->address() +
           "\"}\npostgres: {conninfo: \"" + postgres_->conninfo("nara_broker") +
           "\"}\nregistry: {address: \"127.0.0.1:" + std::to_string(registry_port_) +
           "\"}\ncatalogue: " + NARA_CATALOGUE_DIR + "\nstate_dir: " + dir_.path() +
           "\ncursor_key: " + dir_.File("cursor.key") + "\n";
  }

  void StartApp() {
    app_.reset();
    auto root = config::Section::Parse(Yaml(), "test.yaml");
    ASSERT_TRUE(root.ok()) << root.status();
    health_ = std::make_unique<app::Health>();
    app::Context context{"data-broker", metrics_, *health_, SystemClock::Instance()};
    auto app = MakeApp(*root, context);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
    const absl::Status started = app_->Start();
    ASSERT_TRUE(started.ok()) << started;
    health_->Set(app::Health::State::kReady);
    ASSERT_TRUE(nara::testing::WaitFor([this] { return health_->Ready().ok(); })) << health_->Ready();
  }

  std::shared_ptr<grpc::Channel> As(const std::string& client) {
    return rpc::Connect("127.0.0.1:" + std::to_string(port_), pki_.Issue(client));
  }
  std::unique_ptr<Subscriber> Subscribe(const std::string& client, const std::string& cursor = "") {
    v1::SubscribeRequest request;
    request.set_cursor(cursor);
    auto subscriber = std::make_unique<Subscriber>(As(client), request);
    nara::testing::WaitFor([&] { return !subscriber->cursor().empty() || subscriber->ended(); });
    return subscriber;
  }

  void Append(std::uint64_t seq) { Append({.seq = seq}); }
  void Append(const testing::Say& say) {
    auto connection = RedisConnection::Connect({.address = redis_->address()});
    ASSERT_TRUE(connection.ok());
    const std::string key = LogKey({.shard = nara::ShardOf(say.device), .log = Log::kMeasurement});
    ASSERT_TRUE((*connection)->Call({"XADD", key, "*", "r", testing::PayloadOf(say)}).ok());
  }
  static bool Got(const Subscriber& subscriber, std::size_t count) {
    return nara::testing::WaitFor([&] { return subscriber.ids().size() >= count; });
  }

  nara::testing::TempDir dir_;
  rpc::TestPki pki_;
  std::unique_ptr<nara::testing::PostgresServer> postgres_;
  std::unique_ptr<nara::testing::RedisServer> redis_;
  std::unique_ptr<rpc::Server> registry_server_;
  std::unique_ptr<TwoUnits> registry_;
  int registry_port_ = 0;
  metrics::Registry metrics_;
  std::unique_ptr<app::Health> health_;
  std::unique_ptr<app::App> app_;
  int port_ = 0;
};

TEST_F(AppTest, ARecordReachesItsUnitAndNobodyElse) {
  const auto own = Subscribe(kUnit);
  const auto other = Subscribe(kOtherUnit);
  Append(1);
  ASSERT_TRUE(Got(*own, 1));
  EXPECT_TRUE(nara::testing::WaitFor([&] {
    v1::ListObservationsResponse page;
    const auto context = rpc::CallWithin(absl::Seconds(5));
    const grpc::Status status = v1::DataBrokerService::NewStub(As(kUnit))->ListObservations(
        context.get(), v1::ListObservationsRequest(), &page);
    return status.ok() && page.observations_size() == 1;
  }));
  EXPECT_THAT(other->ids(), ::testing::IsEmpty());
  const auto foreign = Subscribe(kOtherUnit, own->cursor());
  ASSERT_TRUE(foreign->ended());
  EXPECT_EQ(rpc::ReasonOf(*foreign->ended()), "CURSOR_INVALID");
}

TEST_F(AppTest, HistoryThatCannotBeReadIsRefusedWithoutItsInside) {
  postgres_->Kill9();
  v1::ListObservationsResponse page;
  const auto context = rpc::CallWithin(absl::Seconds(5));
  const absl::Status status = rpc::FromGrpc(
      v1::DataBrokerService::NewStub(As(kUnit))->ListObservations(context.get(), v1::ListObservationsRequest(), &page));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(rpc::ReasonOf(status), "STORE_UNAVAILABLE");
  EXPECT_EQ(std::string(status.message()).find("postgres"), std::string::npos) << status;
}

TEST_F(AppTest, AStrangerIsRefused) {
  const auto stranger = Subscribe("stranger");
  ASSERT_TRUE(stranger->ended());
  EXPECT_EQ(stranger->ended()->code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(AppTest, ADeviceThatIsAssignedWhileTheRegistryIsAwayReachesItsUnit) {
  const std::string device = testing::NeighbourOf("glu-1");
  const auto own = Subscribe(kUnit);
  registry_server_->Stop();
  Append({.device = device, .seq = 1, .route_revision = 2});
  Append(1);
  ASSERT_TRUE(Got(*own, 1));
  EXPECT_THAT(own->ids(), ::testing::ElementsAre("glu-1/m/00000000000000aa/1"));
  StartRegistry({GlucoseMeter("glu-1", 1), GlucoseMeter(device, 2)});
  ASSERT_TRUE(Got(*own, 2));
  EXPECT_EQ(own->ids().back(), device + "/m/00000000000000aa/1");
}

TEST_F(AppTest, ARestartEndsStreamsAndTheirCursorsResume) {
  const auto before = Subscribe(kUnit);
  Append(1);
  ASSERT_TRUE(Got(*before, 1));
  app_->Stop();
  ASSERT_TRUE(nara::testing::WaitFor([&] { return before->ended().has_value(); }));
  EXPECT_EQ(before->ended()->code(), absl::StatusCode::kUnavailable);
  Append(2);
  StartApp();
  Append(3);
  const auto after = Subscribe(kUnit, before->cursor());
  ASSERT_TRUE(Got(*after, 2));
  EXPECT_THAT(after->ids(), ::testing::ElementsAre("glu-1/m/00000000000000aa/2", "glu-1/m/00000000000000aa/3"));
}

}  // namespace
}  // namespace nara::broker
