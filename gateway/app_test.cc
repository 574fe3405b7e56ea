// The whole process but for its main: real sockets, mutual TLS to a registry that only knows one operator, and nobody
// else behind.
#include "gateway/app.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "common/access/authorizer.h"
#include "common/rpc/server.h"
#include "common/rpc/streams.h"
#include "common/rpc/testing/test_pki.h"
#include "common/rpc/unary.h"
#include "common/testing/servers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/wait_for.h"
#include "gateway/testing/raw_client.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara::gateway {
namespace {

using nara::testing::FreePort;
using nara::testing::WaitFor;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::RawClient;
using ::testing::StartsWith;

class OneOperator final : public registry::v1::DeviceRegistryService::CallbackService {
 public:
  explicit OneOperator(rpc::WorkerPool& workers) : workers_(workers) {}

  grpc::ServerWriteReactor<registry::v1::WatchAccessResponse>* WatchAccess(
      grpc::CallbackServerContext* context, const registry::v1::WatchAccessRequest* request) override {
    registry::v1::WatchAccessResponse response;
    response.set_snapshot_start(true);
    response.set_complete(true);
    response.set_revision(1);
    auto& client = *response.add_clients();
    client.set_id("operator-1");
    client.set_role("operator");
    client.set_token_sha256(TokenHash("secret"));
    return rpc::ServerStream<registry::v1::WatchAccessResponse>(
        context, workers_, request, [response](const rpc::CallContext&, const auto&, auto writer) {
          writer->Offer(response);
          return absl::OkStatus();
        });
  }
  // The certificate says who asked, and on whose behalf.
  grpc::ServerUnaryReactor* Enrol(grpc::CallbackServerContext* context, const registry::v1::EnrolRequest* request,
                                  registry::v1::EnrolResponse* response) override {
    return rpc::Unary(context, workers_, request, response,
                      [](const rpc::CallContext& call,
                         const registry::v1::EnrolRequest& asked) -> absl::StatusOr<registry::v1::EnrolResponse> {
                        registry::v1::EnrolResponse answer;
                        answer.mutable_credentials()->set_device(asked.device());
                        answer.mutable_credentials()->set_certificate_pem(call.peer + " for " + call.caller);
                        return answer;
                      });
  }

 private:
  rpc::WorkerPool& workers_;
};

class AppTest : public ::testing::Test {
 protected:
  AppTest() {
    dir_.Write("index.html", "<title>Nära</title>");
    dir_.Write("openapi.json", "{}");
  }
  void TearDown() override {
    if (app_) app_->Stop();
    registry_server_.Stop();
  }

  std::string Yaml() {
    const config::Tls tls = pki_.Issue("nara-gateway");
    const std::string nobody = "{address: \"127.0.0.1:1\"}\n";
    return "http: {listen: \"127.0.0.1:" + std::to_string(port_) + "\"}\ntls: {ca: \"" + tls.ca + "\", cert: \"" +
           tls.cert + "\", key: \"" + tls.key +
           "\"}\nregistry: {address: \"127.0.0.1:" + std::to_string(registry_port_) + "\"}\nalerts: " + nobody +
           "broker: " + nobody + "catalogue: " NARA_SOURCE_DIR "/catalogue\nstate_dir: " + dir_.path() +
           "\nweb: " + dir_.path() + "\nopenapi: " + dir_.File("openapi.json") + "\n";
  }

  void StartApp() {
    auto root = config::Section::Parse(Yaml(), "test.yaml");
    ASSERT_TRUE(root.ok()) << root.status();
    app::Context context{"gateway", metrics_, health_, SystemClock::Instance()};
    auto app = MakeApp(*root, context);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
    const absl::Status started = app_->Start();
    ASSERT_TRUE(started.ok()) << started;
    health_.Set(app::Health::State::kReady);
  }
  void StartRegistry() { ASSERT_TRUE(registry_server_.Start({&registry_}).ok()); }
  bool BecomesReady() {
    return WaitFor([this] { return health_.Ready().ok(); });
  }

  std::string Get(const std::string& path, const std::string& headers = "") const {
    RawClient client(port_);
    client.Send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Connection: close\r\n\r\n");
    return client.ReadUntil("");
  }

  nara::testing::TempDir dir_;
  rpc::TestPki pki_;
  const int registry_port_ = FreePort();
  const int port_ = FreePort();
  rpc::Server registry_server_{
      {.grpc = {.listen = {"127.0.0.1", registry_port_}}, .tls = pki_.Issue("nara-device-registry")}};
  OneOperator registry_{registry_server_.workers()};
  metrics::Registry metrics_;
  app::Health health_;
  std::unique_ptr<app::App> app_;
};

TEST_F(AppTest, ServesTheAppAndWhoSignsIn) {
  StartRegistry();
  StartApp();
  ASSERT_TRUE(BecomesReady()) << health_.Ready();
  EXPECT_THAT(Get("/"), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("<title>Nära</title>")));
  EXPECT_THAT(Get("/api/v1/session"), AllOf(StartsWith("HTTP/1.1 401"), HasSubstr("NOT_SIGNED_IN")));
  EXPECT_THAT(Get("/api/v1/session", "Authorization: Bearer secret\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("operator-1")));
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(nara_gateway_requests_total{route="web",status="2xx"} 1)"));
}

TEST_F(AppTest, ADeviceAsksForItsCertificateInNobodysName) {
  StartRegistry();
  StartApp();
  ASSERT_TRUE(BecomesReady()) << health_.Ready();
  const std::string body = R"({"code":"0123-4567-89ab-cdef","csr_pem":"request"})";
  RawClient device(port_);
  device.Send(
      "POST /api/v1/enrolments/bp-0001 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Connection: close\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_THAT(device.ReadUntil(""), AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("nara-gateway for nara-gateway")));
}

TEST_F(AppTest, AServiceThatIsDownIsSaidOnItsOwnPaths) {
  StartRegistry();
  StartApp();
  ASSERT_TRUE(BecomesReady()) << health_.Ready();
  EXPECT_THAT(Get("/api/v1/alerts", "Authorization: Bearer secret\r\n"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Get("/api/v1/session", "Authorization: Bearer secret\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(AppTest, IsNotReadyBeforeItKnowsWhoMayComeIn) {
  StartApp();
  EXPECT_THAT(health_.Ready().message(), HasSubstr("rights"));
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 200"));
  StartRegistry();
  EXPECT_TRUE(BecomesReady()) << health_.Ready();
}

TEST_F(AppTest, StopsWithAPageThatFollows) {
  StartRegistry();
  StartApp();
  ASSERT_TRUE(BecomesReady()) << health_.Ready();
  RawClient page(port_);
  page.Send("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n\r\n");
  EXPECT_THAT(page.ReadUntil("event: heartbeat"), HasSubstr("text/event-stream"));
  app_->Stop();
  page.ReadUntil("");
  app_->Stop();
}

}  // namespace
}  // namespace nara::gateway
