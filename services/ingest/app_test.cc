// The whole process but for its main: real MQTT server, Redis and PostgreSQL. The registry is away, as after a restart
// of everything: what the process knew before is in its local copies.
#include "ingest/app.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/access/access_table.h"
#include "common/mqtt/session.h"
#include "common/mqtt/topics.h"
#include "common/redis/connection.h"
#include "common/redis/keys.h"
#include "common/routes/route_table.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/status.h"
#include "common/rpc/testing/test_pki.h"
#include "common/testing/servers.h"
#include "common/testing/wait_for.h"
#include "ingest/commands.h"
#include "ingest/testing/fakes.h"
#include "nara/ingest/v1/ingest.grpc.pb.h"

namespace nara::ingest {
namespace {

using nara::testing::WaitFor;

// A device: sends, and keeps the last receipt.
class Device {
 public:
  Device(const nara::testing::MosquittoServer& server, std::string id) : id_(std::move(id)) {
    MqttSessionOptions options;
    options.address = server.address();
    options.client_id = id_;
    options.subscriptions = {{BuildTopic(TopicKind::kReceipt, id_)}, {BuildTopic(TopicKind::kDown, id_)}};
    options.on_message = [this](const MqttMessage& message) {
      const std::lock_guard lock(mutex_);
      if (message.topic == BuildTopic(TopicKind::kDown, id_)) {
        command_.ParseFromString(std::string(message.payload));
      } else {
        receipt_ = message.payload;
      }
    };
    session_ = MqttSession::Create(std::move(options)).value();
    session_->Start();
    EXPECT_TRUE(WaitFor([this] { return session_->connected(); }));
  }
  ~Device() { session_->Stop(); }

  void Send(TopicKind topic, const std::string& json) {
    EXPECT_TRUE(session_->Publish(BuildTopic(topic, id_), json, 1).ok());
  }
  std::string receipt() const {
    const std::lock_guard lock(mutex_);
    return receipt_;
  }
  // The last command.
  nara::telemetry::v1::Command command() const {
    const std::lock_guard lock(mutex_);
    return command_;
  }
  bool HasReceipt(const std::string& part) const {
    return WaitFor([&] { return receipt().find(part) != std::string::npos; });
  }

 private:
  const std::string id_;
  mutable std::mutex mutex_;
  std::string receipt_;                   // protected by mutex_
  nara::telemetry::v1::Command command_;  // protected by mutex_
  std::unique_ptr<MqttSession> session_;
};

class AppTest : public ::testing::Test {
 protected:
  void SetUp() override {
    postgres_ = nara::testing::PostgresServer::Start().value();
    ASSERT_TRUE(postgres_->CreateOwner("nara_ingest", "ingest").ok());
    redis_ = nara::testing::RedisServer::Start().value();
    mosquitto_ = nara::testing::MosquittoServer::Start().value();
    grpc_port_ = nara::testing::FreePort();
    registry_port_ = nara::testing::FreePort();
    RouteTable routes;
    routes.Apply(true, {testing::RouteOf("bp-1", "bp-meter", 0), testing::RouteOf("disp-1", "evondos", 0)}, 7);
    ASSERT_TRUE(routes.Save(dir_.File("routes.pb")).ok());
    AccessTable clients;
    clients.Apply(true, {Supplier("supplier", "1480"), Supplier("stranger", "1481")}, 7);
    ASSERT_TRUE(clients.Save(dir_.File("access.pb")).ok());
  }
  void TearDown() override { StopApp(); }

  static registry::v1::Client Supplier(const std::string& id, const std::string& principal) {
    registry::v1::Client client;
    client.set_id(id);
    client.set_role("supplier");
    client.set_principal(principal);
    return client;
  }

  // Asks for a command that expires in `seconds`.
  absl::StatusOr<v1::CommandStatus> Command(const std::string& who, const std::string& id, int seconds = 120) {
    v1::SendCommandRequest request;
    request.set_device("bp-1");
    request.mutable_command()->set_id(id);
    request.mutable_command()->set_kind("new_epoch");
    request.mutable_command()->mutable_expires_at()->set_seconds(expiry_base_ + seconds);
    v1::SendCommandResponse response;
    const auto context = rpc::CallWithin(absl::Seconds(10), {}, true);
    const auto stub = v1::IngestService::NewStub(rpc::Connect(absl::StrCat("127.0.0.1:", grpc_port_), pki_.Issue(who)));
    const grpc::Status status = stub->SendCommand(context.get(), request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response.status();
  }
  absl::StatusOr<v1::ReplayQuarantinedResponse> Replay() {
    v1::ReplayQuarantinedRequest request;
    request.set_device("bp-1");
    request.set_lane(nara::telemetry::v1::LANE_MEASUREMENT);
    v1::ReplayQuarantinedResponse response;
    const auto context = rpc::CallWithin(absl::Seconds(10), {}, true);
    const auto stub =
        v1::IngestService::NewStub(rpc::Connect(absl::StrCat("127.0.0.1:", grpc_port_), pki_.Issue("nara-admin")));
    const grpc::Status status = stub->ReplayQuarantined(context.get(), request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  bool Becomes(v1::CommandState state, const std::string& id) {
    return WaitFor([&] { return Command("supplier", id)->state() == state; }, std::chrono::seconds(20));
  }

  std::string Yaml(const std::string& lane) {
    const config::Tls tls = pki_.Issue("nara-ingest");
    return absl::StrCat("lane: ", lane, "\ngrpc: {listen: \"127.0.0.1:", grpc_port_, "\"}\ntls: {ca: \"", tls.ca,
                        "\", cert: \"", tls.cert, "\", key: \"", tls.key, "\"}\nredis: {address: \"", redis_->address(),
                        "\"}\npostgres: {conninfo: \"", postgres_->conninfo("nara_ingest"), "\"}\nmqtt: {address: \"",
                        mosquitto_->address(), "\"}\nregistry: {address: \"127.0.0.1:", registry_port_,
                        "\"}\ncatalogue: ", NARA_CATALOGUE, "\nstate_dir: ", dir_.path(),
                        "\nmemory_limit_percent: 1\n");
  }

  void StartApp(const std::string& lane) {
    auto root = config::Section::Parse(Yaml(lane), "test.yaml");
    ASSERT_TRUE(root.ok()) << root.status();
    health_ = std::make_unique<app::Health>();
    app::Context context{"ingest", metrics_, *health_, SystemClock::Instance()};
    auto app = MakeApp(*root, context);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
    const absl::Status started = app_->Start();
    ASSERT_TRUE(started.ok()) << started;
    health_->Set(app::Health::State::kReady);
  }
  void StopApp() {
    if (app_ != nullptr) app_->Stop();
    app_.reset();
  }

  bool Ready() const {
    return WaitFor([this] { return health_->Ready().ok(); });
  }
  // Waits until it is not ready for this reason.
  bool NotReady(const std::string& reason) const {
    return WaitFor([&] { return std::string(health_->Ready().message()).find(reason) != std::string::npos; });
  }

  // From one percent of it on nothing is taken: a small limit is full, no limit never.
  void LimitMemory(const std::string& bytes) { Redis({"CONFIG", "SET", "maxmemory", bytes}); }
  Reply Redis(std::initializer_list<std::string_view> command) {
    auto reply = RedisConnection::Connect({.address = redis_->address()}).value()->Call(command);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return *std::move(reply);
  }
  std::int64_t Entries(const std::string& device, Log log) {
    return Redis({"XLEN", LogKey({ShardOf(device), log})}).view().integer();
  }
  std::string Told() { return std::string(Redis({"GET", kAlarmLagKey}).view().text()); }

  nara::testing::TempDir dir_;
  rpc::TestPki pki_;
  std::unique_ptr<nara::testing::PostgresServer> postgres_;
  std::unique_ptr<nara::testing::RedisServer> redis_;
  std::unique_ptr<nara::testing::MosquittoServer> mosquitto_;
  int grpc_port_ = 0;
  int registry_port_ = 0;
  const std::int64_t expiry_base_ = absl::ToUnixSeconds(absl::Now());
  metrics::Registry metrics_;
  std::unique_ptr<app::Health> health_;
  std::unique_ptr<app::App> app_;
};

constexpr char kMeasurement[] =
    R"({"epoch":"1","from":1,"records":[{"seq":1,"kind":"blood_pressure","values":{"systolic":138,"diastolic":84}}]})";
constexpr char kMissed[] = R"({"epoch":"1","from":1,"records":[{"seq":1,"kind":"dose_missed","episode":"d1"}]})";

TEST_F(AppTest, WithItsReceiptAMeasurementIsInTheLog) {
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  Device device(*mosquitto_, "bp-1");
  device.Send(TopicKind::kUpJson, kMeasurement);
  ASSERT_TRUE(device.HasReceipt("\"through\":1"));
  EXPECT_EQ(Entries("bp-1", Log::kMeasurement), 1);
}

TEST_F(AppTest, WhatIsRefusedComesToPostgreSql) {
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  Device device(*mosquitto_, "bp-1");
  device.Send(TopicKind::kUpJson, "no uplink");
  ASSERT_TRUE(device.HasReceipt("unreadable"));
  EXPECT_TRUE(WaitFor([this] {
    return metrics_.Text().find("nara_ingest_quarantine_moved_total{lane=\"measurement\"} 1") != std::string::npos;
  }));
}

TEST_F(AppTest, WithoutMemoryForItsLaneNothingIsTakenAndItSaysSo) {
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  LimitMemory("20mb");
  ASSERT_TRUE(NotReady("log: Redis has used its memory up to this lane's limit"));
  Device device(*mosquitto_, "bp-1");
  device.Send(TopicKind::kUpJson, kMeasurement);
  EXPECT_TRUE(WaitFor([this] {
    return metrics_.Text().find("append_failures_total{lane=\"measurement\",reason=\"memory\"} 0") == std::string::npos;
  }));
  EXPECT_EQ(device.receipt(), "");
  LimitMemory("0");
  EXPECT_TRUE(device.HasReceipt("\"through\":1"));
  EXPECT_TRUE(Ready());
}

TEST_F(AppTest, AnAlarmThatWaitsIsToldOfAlsoAfterARestart) {
  StartApp("alarm");
  ASSERT_TRUE(Ready()) << health_->Ready();
  EXPECT_TRUE(WaitFor([this] { return Told() == "0"; }));
  LimitMemory("20mb");
  ASSERT_TRUE(NotReady("memory"));
  Device device(*mosquitto_, "disp-1");
  const std::int64_t before = absl::ToUnixMillis(absl::Now());
  device.Send(TopicKind::kAlarmJson, kMissed);
  ASSERT_TRUE(WaitFor([this] { return Told() != "0"; }));
  const std::string since = Told();
  EXPECT_GE(std::stoll(since), before);
  StopApp();
  Redis({"DEL", kAlarmLagKey});
  StartApp("alarm");
  ASSERT_TRUE(WaitFor([this] { return !Told().empty(); }));
  EXPECT_EQ(Told(), since);
  LimitMemory("0");
  EXPECT_TRUE(WaitFor([this] { return Told() == "0"; }));
  EXPECT_EQ(Entries("disp-1", Log::kAlarm), 1);
  ASSERT_TRUE(Ready()) << health_->Ready();
  device.Send(TopicKind::kAlarmJson, kMissed);
  EXPECT_TRUE(device.HasReceipt("\"through\":1")) << "whoever had no receipt asks again";
  EXPECT_EQ(Entries("disp-1", Log::kAlarm), 1);
}

TEST_F(AppTest, WhatCameBeforeTheDeviceWasAssignedIsReplayedWhenItIs) {
  RouteTable nobodys;
  registry::v1::Route route = testing::RouteOf("bp-1", "bp-meter", 0);
  route.clear_assignments();
  nobodys.Apply(true, {route}, 7);
  ASSERT_TRUE(nobodys.Save(dir_.File("routes.pb")).ok());
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  Device device(*mosquitto_, "bp-1");
  device.Send(TopicKind::kUpJson, kMeasurement);
  ASSERT_TRUE(device.HasReceipt("\"held\":[1]"));
  ASSERT_TRUE(WaitFor([this] {
    return metrics_.Text().find("nara_ingest_quarantine_moved_total{lane=\"measurement\"} 1") != std::string::npos;
  }));
  EXPECT_EQ(Replay()->replayed_size(), 0) << "it is still nobody's";
  StopApp();
  RouteTable routes;
  routes.Apply(true, {testing::RouteOf("bp-1", "bp-meter", 0)}, 8);
  ASSERT_TRUE(routes.Save(dir_.File("routes.pb")).ok());
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  const auto replayed = Replay();
  ASSERT_TRUE(replayed.ok()) << replayed.status();
  EXPECT_EQ(replayed->replayed_size(), 1);
  EXPECT_EQ(Entries("bp-1", Log::kMeasurement), 1);
  device.Send(TopicKind::kUpJson, kMeasurement);
  EXPECT_EQ(Replay()->replayed_size(), 0);
  EXPECT_EQ(Entries("bp-1", Log::kMeasurement), 1) << "once, also when the device sends it again";
}

constexpr char kAnswer[] =
    R"({"epoch":"1","from":1,"records":[{"seq":1,"kind":"command_answered","episode":"c1","values":{"result":"done"}}]})";

TEST_F(AppTest, ACommandSurvivesARestartReachesTheDeviceAndIsAnswered) {
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  ASSERT_TRUE(WaitFor([this] { return Command("supplier", "c1").ok(); }));
  StopApp();
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  Device device(*mosquitto_, "bp-1");
  ASSERT_TRUE(WaitFor([&] { return device.command().id() == "c1"; }, std::chrono::seconds(30)));
  EXPECT_EQ(device.command().kind(), "new_epoch");
  device.Send(TopicKind::kUpJson, kAnswer);
  ASSERT_TRUE(device.HasReceipt("\"through\":1"));
  ASSERT_TRUE(Becomes(v1::COMMAND_STATE_ANSWERED, "c1"));
  EXPECT_EQ(Command("supplier", "c1")->result(), "done");
  EXPECT_EQ(Entries("bp-1", Log::kMeasurement), 1) << "the answer is an event like any other";
}

TEST_F(AppTest, ACommandIsOneByItsIdAndItsDevicesOwners) {
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  ASSERT_TRUE(WaitFor([this] { return Command("supplier", "c0").ok(); }));
  EXPECT_EQ(rpc::ReasonOf(Command("supplier", "c0", 121).status()), "COMMAND_DIFFERS");
  EXPECT_EQ(rpc::ReasonOf(Command("stranger", "c0").status()), "UNKNOWN_DEVICE");
  const int soon = static_cast<int>(absl::ToUnixSeconds(absl::Now()) - expiry_base_) + 3;
  ASSERT_TRUE(Command("supplier", "c1", soon).ok());
  EXPECT_TRUE(WaitFor([&] { return Command("supplier", "c1", soon)->state() == v1::COMMAND_STATE_EXPIRED; }));
  for (int i = 1; i < kMaxPendingCommands; ++i) EXPECT_TRUE(Command("supplier", absl::StrCat("d", i)).ok());
  EXPECT_EQ(rpc::ReasonOf(Command("supplier", "one-more").status()), "TOO_MANY_COMMANDS");
}

TEST_F(AppTest, WithoutTheMqttServerItIsNotReady) {
  StartApp("measurement");
  ASSERT_TRUE(Ready()) << health_->Ready();
  mosquitto_->Stop();
  EXPECT_TRUE(NotReady("MQTT sessions are connected"));
}

}  // namespace
}  // namespace nara::ingest
