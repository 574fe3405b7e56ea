// The whole process but for its main: mutual TLS, real Redis and PostgreSQL, and
// a registry that only knows the county of these tests.
#include "alert_router/app.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "alert_router/testing/county.h"
#include "alert_router/testing/database.h"
#include "alert_router/testing/world.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/streams.h"
#include "common/rpc/testing/test_pki.h"
#include "common/testing/temp_dir.h"
#include "common/testing/wait_for.h"
#include "nara/alert/v1/alert.grpc.pb.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara::alert {
namespace {

using testing::Database;
using testing::World;

template <typename Response, typename Request, typename Fill>
grpc::ServerWriteReactor<Response>* Snapshot(grpc::CallbackServerContext* context, rpc::WorkerPool& workers,
                                             const Request* request, Fill fill) {
  return rpc::ServerStream<Response>(context, workers, request,
                                     [fill](const rpc::CallContext&, const Request&, auto writer) {
                                       Response response;
                                       response.set_snapshot_start(true);
                                       response.set_complete(true);
                                       response.set_revision(1);
                                       fill(response);
                                       writer->Offer(std::move(response));
                                       return absl::OkStatus();
                                     });
}

// The registry's three watches.
class CountyRegistry final : public registry::v1::DeviceRegistryService::CallbackService {
 public:
  explicit CountyRegistry(rpc::WorkerPool& workers) : workers_(workers) {}

  grpc::ServerWriteReactor<registry::v1::WatchRoutesResponse>* WatchRoutes(
      grpc::CallbackServerContext* context, const registry::v1::WatchRoutesRequest* request) override {
    return Snapshot<registry::v1::WatchRoutesResponse>(context, workers_, request, [](auto& response) {
      for (const auto& route : testing::Routes()) *response.add_routes() = route;
    });
  }
  grpc::ServerWriteReactor<registry::v1::WatchChainsResponse>* WatchChains(
      grpc::CallbackServerContext* context, const registry::v1::WatchChainsRequest* request) override {
    return Snapshot<registry::v1::WatchChainsResponse>(context, workers_, request, [](auto& response) {
      for (const auto& chain : testing::Chains()) *response.add_chains() = chain;
    });
  }
  grpc::ServerWriteReactor<registry::v1::WatchAccessResponse>* WatchAccess(
      grpc::CallbackServerContext* context, const registry::v1::WatchAccessRequest* request) override {
    return Snapshot<registry::v1::WatchAccessResponse>(context, workers_, request, [](auto& response) {
      for (const auto& client : testing::Clients()) *response.add_clients() = client;
    });
  }

 private:
  rpc::WorkerPool& workers_;
};

class AppTest : public ::testing::Test {
 protected:
  using Stub = v1::AlertRouterService::Stub;
  using Stream = grpc::ClientReaderWriter<v1::AttendRequest, v1::AttendResponse>;

  void SetUp() override {
    database_ = Database::Start();
    ASSERT_NE(database_, nullptr);
    auto redis = nara::testing::RedisServer::Start();
    ASSERT_TRUE(redis.ok()) << redis.status();
    redis_ = *std::move(redis);
    registry_server_ = std::make_unique<rpc::Server>(rpc::Server::Options{
        .grpc = {.listen = {"127.0.0.1", 0}, .workers = 4}, .tls = pki_.Issue("nara-device-registry")});
    registry_ = std::make_unique<CountyRegistry>(registry_server_->workers());
    ASSERT_TRUE(registry_server_->Start({registry_.get()}).ok());
    StartApp();
  }

  void TearDown() override {
    if (app_ != nullptr) app_->Stop();
    registry_server_->Stop();
  }

  void StartApp() {
    app_.reset();
    const config::Tls tls = pki_.Issue("nara-alert-router");
    const std::string yaml = "grpc: {listen: \"127.0.0.1:" + std::to_string(port_) + "\"}\ntls: {ca: \"" + tls.ca +
                             "\", cert: \"" + tls.cert + "\", key: \"" + tls.key + "\"}\nredis: {address: \"" +
                             redis_->address() + "\"}\npostgres: {conninfo: \"" + database_->options().conninfo +
                             "\"}\nregistry: {address: \"127.0.0.1:" + std::to_string(registry_server_->port()) +
                             "\"}\ncatalogue: " + NARA_CATALOGUE_DIR + "\nstate_dir: " + dir_.path() +
                             "\nsettle: " + settle_ + "\nattend_streams_per_client: 2\nwatch_streams_per_client: 2\n";
    auto root = config::Section::Parse(yaml, "test.yaml");
    ASSERT_TRUE(root.ok()) << root.status();
    health_ = std::make_unique<app::Health>();
    app::Context context{"alert-router", metrics_, *health_, SystemClock::Instance()};
    auto app = MakeApp(*root, context);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
    const absl::Status started = app_->Start();
    ASSERT_TRUE(started.ok()) << started;
    health_->Set(app::Health::State::kReady);
    ASSERT_TRUE(nara::testing::WaitFor([this] { return health_->Ready().ok(); })) << health_->Ready();
  }

  std::unique_ptr<Stub> As(const std::string& client) {
    return v1::AlertRouterService::NewStub(rpc::Connect("127.0.0.1:" + std::to_string(port_), pki_.Issue(client)));
  }

  void Append(const std::string& kind, const std::string& episode) {
    auto record = World::Event(kind, episode);
    record.mutable_effective_at()->set_seconds(absl::ToUnixSeconds(absl::Now()));
    auto connection = RedisConnection::Connect({.address = redis_->address()});
    ASSERT_TRUE(connection.ok());
    const std::string key = LogKey({ShardOf(record.device()), Log::kAlarm});
    ASSERT_TRUE((*connection)->Call({"XADD", key, "*", "r", record.SerializeAsString()}).ok());
  }

  static std::unique_ptr<Stream> Attend(Stub& stub, grpc::ClientContext& context, const std::string& receiver) {
    auto stream = stub.Attend(&context);
    v1::AttendRequest request;
    request.mutable_attach()->set_receiver(receiver);
    request.mutable_attach()->set_operator_("anna");
    stream->Write(request);
    return stream;
  }

  // The next message that is no heartbeat; empty when the stream ended.
  static v1::AttendResponse Next(Stream& stream) {
    v1::AttendResponse response;
    while (stream.Read(&response)) {
      if (!response.has_heartbeat()) return response;
    }
    return {};
  }

  int64_t Raised(const std::string& kind) {
    const auto connection = database_->pool().Acquire();
    if (!connection.ok()) return -1;
    const auto count = (*connection)->Execute("select count(*) as n from alerts where kind = $1", {kind});
    return count.ok() ? (*count)[0].Int64("n") : -1;
  }

  bool SomethingIsRaised() {
    v1::ListAlertsResponse list;
    return As("operator-1")->ListAlerts(rpc::CallWithin(absl::Seconds(10), {}, true).get(), {}, &list).ok() &&
           list.alerts_size() > 0;
  }

  // The actions of an alert, or the reason why the caller does not see them.
  static std::vector<std::string> History(Stub& stub, const std::string& alert) {
    v1::GetAlertRequest request;
    request.set_alert(alert);
    v1::GetAlertResponse found;
    const grpc::Status got = stub.GetAlert(rpc::CallWithin(absl::Seconds(10), {}, true).get(), request, &found);
    if (!got.ok()) return {rpc::ReasonOf(rpc::FromGrpc(got))};
    std::vector<std::string> actions;
    for (const v1::HistoryEntry& entry : found.history()) actions.push_back(entry.action());
    return actions;
  }

  // The settling time of the next start.
  std::string settle_ = "0s";
  const int port_ = nara::testing::FreePort();
  nara::testing::TempDir dir_;
  rpc::TestPki pki_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<nara::testing::RedisServer> redis_;
  std::unique_ptr<rpc::Server> registry_server_;
  std::unique_ptr<CountyRegistry> registry_;
  metrics::Registry metrics_;
  std::unique_ptr<app::Health> health_;
  std::unique_ptr<app::App> app_;
};

TEST_F(AppTest, AMissedDoseIsOfferedAcceptedAndResolved) {
  const auto centre = As("centre-1480");
  const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto stream = Attend(*centre, *context, "centre-1480");
  v1::AttendResponse pulse;
  ASSERT_TRUE(stream->Read(&pulse));
  EXPECT_EQ(pulse.heartbeat().operators(0), "anna");

  const absl::Time appended = absl::Now();
  Append("dose_missed", "d1");
  const v1::AttendResponse offered = Next(*stream);
  std::cout << "append to offer: " << absl::FormatDuration(absl::Now() - appended) << std::endl;
  ASSERT_TRUE(offered.has_offer());
  const v1::Alert& alert = offered.offer().alert();
  EXPECT_EQ(alert.kind(), "dose_missed");
  EXPECT_EQ(alert.unit(), "care-1480-1");
  v1::AttendRequest delivered;
  delivered.mutable_delivered()->set_alert(alert.id());
  delivered.mutable_delivered()->set_version(alert.version());
  ASSERT_TRUE(stream->Write(delivered));
  ASSERT_TRUE(nara::testing::WaitFor([&] { return History(*centre, alert.id()).size() == 3; }));

  v1::AcceptAlertRequest accept;
  accept.set_alert(alert.id());
  accept.set_receiver("centre-1480");
  accept.set_operator_("anna");
  v1::AcceptAlertResponse accepted;
  ASSERT_TRUE(centre->AcceptAlert(rpc::CallWithin(absl::Seconds(10)).get(), accept, &accepted).ok());
  EXPECT_EQ(accepted.alert().state(), v1::STATE_ACCEPTED);
  v1::AttendResponse withdrawn = Next(*stream);
  if (withdrawn.has_offer()) withdrawn = Next(*stream);  // who has just attached may be shown the same offer twice
  EXPECT_EQ(withdrawn.withdrawal().reason(), "accepted");

  accept.set_operator_("dan");
  const absl::Status lost =
      rpc::FromGrpc(centre->AcceptAlert(rpc::CallWithin(absl::Seconds(10)).get(), accept, &accepted));
  EXPECT_EQ(rpc::ReasonOf(lost), "ALERT_TAKEN");

  v1::ResolveAlertRequest resolve;
  resolve.set_alert(alert.id());
  resolve.set_receiver("centre-1480");
  resolve.set_operator_("anna");
  resolve.set_reason("spoke with her");
  v1::ResolveAlertResponse resolved;
  ASSERT_TRUE(centre->ResolveAlert(rpc::CallWithin(absl::Seconds(10)).get(), resolve, &resolved).ok());

  EXPECT_THAT(History(*As("operator-1"), alert.id()),
              ::testing::ElementsAre("raised", "offered", "delivered", "accepted", "resolved"));
  EXPECT_THAT(History(*As("centre-1481"), alert.id()), ::testing::ElementsAre("UNKNOWN_ALERT"));
}

TEST_F(AppTest, ABrokenLinkIsTheNextStep) {
  const auto staff = As("staff-1480");
  const auto staff_context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto staff_stream = Attend(*staff, *staff_context, "staff-1480");
  v1::AttendResponse pulse;
  ASSERT_TRUE(staff_stream->Read(&pulse));
  const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto centre = As("centre-1480");
  const auto stream = Attend(*centre, *context, "centre-1480");
  ASSERT_TRUE(stream->Read(&pulse));
  Append("dose_missed", "d1");
  ASSERT_TRUE(Next(*stream).has_offer());
  context->TryCancel();
  EXPECT_TRUE(Next(*staff_stream).has_offer());
}

TEST_F(AppTest, ARestartForgetsNothing) {
  Append("dose_missed", "d1");
  ASSERT_TRUE(nara::testing::WaitFor([this] { return SomethingIsRaised(); }));
  app_->Stop();
  app_.reset();
  StartApp();
  const auto staff = As("staff-1480");
  const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto stream = Attend(*staff, *context, "staff-1480");
  EXPECT_EQ(Next(*stream).offer().alert().kind(), "dose_missed");
}

TEST_F(AppTest, ACleanStopIsNoReasonForTheNextStep) {
  const auto centre = As("centre-1480");
  std::string alert;
  {
    const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
    const auto stream = Attend(*centre, *context, "centre-1480");
    v1::AttendResponse pulse;
    ASSERT_TRUE(stream->Read(&pulse));
    Append("dose_missed", "d1");
    alert = Next(*stream).offer().alert().id();
    app_->Stop();
    while (stream->Read(&pulse)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  StartApp();
  const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto stream = Attend(*centre, *context, "centre-1480");
  EXPECT_EQ(Next(*stream).offer().alert().id(), alert);
  EXPECT_THAT(History(*centre, alert), ::testing::ElementsAre("raised", "offered"));
}

TEST_F(AppTest, WhoAttendsAMomentAfterTheStartGetsWhatWaitedInTheLog) {
  app_->Stop();
  Append("dose_missed", "d1");
  settle_ = "60s";
  StartApp();
  ASSERT_TRUE(nara::testing::WaitFor([this] { return SomethingIsRaised(); })) << "before anybody attends";
  const auto centre = As("centre-1480");
  const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto stream = Attend(*centre, *context, "centre-1480");
  const v1::AttendResponse offered = Next(*stream);
  EXPECT_EQ(offered.offer().alert().kind(), "dose_missed");
  EXPECT_THAT(History(*centre, offered.offer().alert().id()), ::testing::ElementsAre("raised", "offered"));
}

TEST_F(AppTest, AReceiverGetsMoreOpenOffersThanItsStreamHoldsInTheirOrder) {
  constexpr int kMany = 500;
  for (int i = 0; i < kMany; ++i) Append("dose_missed", std::to_string(1000 + i));
  ASSERT_TRUE(nara::testing::WaitFor([&] { return Raised("dose_missed") == kMany; }));
  const auto staff = As("staff-1480");
  const auto context = rpc::CallWithin(absl::Seconds(60), {}, true);
  const auto stream = Attend(*staff, *context, "staff-1480");
  std::vector<std::string> episodes;
  while (episodes.size() < kMany) {
    const v1::AttendResponse response = Next(*stream);
    ASSERT_TRUE(response.has_offer()) << "after " << episodes.size();
    const std::string& episode = response.offer().alert().episode();
    if (episodes.empty() || episode > episodes.back()) episodes.push_back(episode);
  }
  EXPECT_EQ(episodes.front(), "1000");
  EXPECT_EQ(episodes.back(), std::to_string(1000 + kMany - 1));
}

TEST_F(AppTest, AClientWithTooManyStreamsIsToldWhatToDo) {
  const auto stub = As("centre-1480");
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<Stream>> open;
  v1::AttendResponse pulse;
  const auto attend = [&] {
    contexts.push_back(rpc::CallWithin(absl::Seconds(20), {}, true));
    open.push_back(Attend(*stub, *contexts.back(), "centre-1480"));
    return open.back()->Read(&pulse);
  };
  EXPECT_TRUE(attend());
  EXPECT_TRUE(attend());
  EXPECT_FALSE(attend());
  const absl::Status refused = rpc::FromGrpc(open.back()->Finish());
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(rpc::ReasonOf(refused), "TOO_MANY_STREAMS");
  EXPECT_EQ(rpc::InfoOf(refused)->metadata.at("method"), "Attend");
  contexts.front()->TryCancel();
  EXPECT_TRUE(nara::testing::WaitFor(attend)) << "one that ended leaves its place";
  v1::WatchAlertsResponse alerts;
  EXPECT_TRUE(
      stub->WatchAlerts(contexts.emplace_back(rpc::CallWithin(absl::Seconds(20), {}, true)).get(), {})->Read(&alerts))
      << "watches have places of their own";
}

TEST_F(AppTest, ADownStoreIsSaidSoAndNothingOfItsInside) {
  database_->server().Kill9();
  v1::GetAlertRequest request;
  request.set_alert("a1");
  v1::GetAlertResponse found;
  const absl::Status status =
      rpc::FromGrpc(As("operator-1")->GetAlert(rpc::CallWithin(absl::Seconds(10), {}, true).get(), request, &found));
  EXPECT_EQ(rpc::ReasonOf(status), "STORE_UNAVAILABLE") << status;
  EXPECT_EQ(std::string(status.message()), "what the service needs does not answer; try again");
}

TEST_F(AppTest, MisuseOfAStreamEndsItWithAReason) {
  const auto centre = As("centre-1480");
  const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto stream = centre->Attend(context.get());
  v1::AttendRequest delivered;
  delivered.mutable_delivered()->set_alert("x");
  stream->Write(delivered);
  EXPECT_FALSE(Next(*stream).has_offer());
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AppTest, AWatchShowsEveryChangeAndBeats) {
  const auto stub = As("operator-1");
  const auto context = rpc::CallWithin(absl::Seconds(20), {}, true);
  const auto stream = stub->WatchAlerts(context.get(), {});
  v1::WatchAlertsResponse response;
  ASSERT_TRUE(stream->Read(&response)) << "a beat";
  Append("dose_missed", "d1");
  while (response.alerts().empty() && stream->Read(&response)) {
  }
  ASSERT_FALSE(response.alerts().empty());
  EXPECT_EQ(response.alerts(0).kind(), "dose_missed");
}

}  // namespace
}  // namespace nara::alert
