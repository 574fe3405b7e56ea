// The whole registry over mutual TLS, on a real PostgreSQL.
#include "device_registry/app.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/app/health.h"
#include "common/metrics/registry.h"
#include "common/routes/watcher.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/status.h"
#include "common/testing/servers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/wait_for.h"
#include "device_registry/testing/requests.h"
#include "nara/registry/v1/service.grpc.pb.h"

namespace nara::registry {
namespace {

using namespace std::chrono_literals;
using nara::testing::WaitFor;
using Stub = v1::DeviceRegistryService::Stub;

class AppTest : public ::testing::Test {
 protected:
  AppTest() : postgres_(nara::testing::PostgresServer::Start({.fsync = true, .config = {}}).value()) {
    EXPECT_TRUE(postgres_->CreateOwner("nara_registry", "registry").ok());
    const testing::KeyAndCert device_ca = testing::MakeCa("device-ca");
    dir_.Write("ca.pem", ca_.cert);
    config_.grpc.listen = {.host = "127.0.0.1", .port = nara::testing::FreePort()};
    config_.tls = Identity("nara-device-registry");
    config_.postgres = postgres_->conninfo("nara_registry");
    config_.catalogue = NARA_CATALOGUE;
    config_.device_ca_cert = dir_.Write("device-ca.pem", device_ca.cert);
    config_.device_ca_key = dir_.Write("device-ca.key", device_ca.key);
    config_.mqtt_password_key = dir_.Write("password.key", std::string(32, 'k'));
    config_.mqtt = "tcp://127.0.0.1:" + std::to_string(nara::testing::FreePort());  // nobody is there
    Start();
  }
  ~AppTest() override { app_->Stop(); }

  void Start() {
    auto app = MakeApp(config_, context_);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
    const absl::Status started = app_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }

  // Made once: gRPC ends the process when it reads a certificate file half written.
  config::Tls Identity(const std::string& name) {
    const auto known = identities_.find(name);
    return known != identities_.end() ? known->second : identities_[name] = MakeIdentity(name);
  }
  config::Tls MakeIdentity(const std::string& name) {
    const testing::KeyAndCert identity = testing::MakeIdentity(ca_, name);
    return {.ca = dir_.File("ca.pem"),
            .cert = dir_.Write(name + ".pem", identity.cert),
            .key = dir_.Write(name + ".key", identity.key)};
  }

  std::shared_ptr<grpc::Channel> Channel(const std::string& name) {
    return rpc::Connect("127.0.0.1:" + std::to_string(config_.grpc.listen.port), Identity(name));
  }
  std::unique_ptr<Stub> As(const std::string& name) { return v1::DeviceRegistryService::NewStub(Channel(name)); }

  // The reason of the error, "" when it went well.
  template <typename Request, typename Response>
  std::string Call(Stub& stub, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response, const std::string& on_behalf_of = "") {
    const auto context = rpc::CallWithin(absl::Seconds(20), on_behalf_of, true);
    const absl::Status status = rpc::FromGrpc((stub.*method)(context.get(), request, response));
    return status.ok() ? "" : status.ToString() + " " + rpc::ReasonOf(status);
  }

  void PutUnit(Stub& stub, const std::string& id) {
    v1::PutUnitRequest request;
    v1::PutUnitResponse response;
    request.mutable_unit()->set_id(id);
    request.mutable_unit()->set_principal("1480");
    request.mutable_unit()->set_provider("hemtjanst");
    request.mutable_unit()->set_name("Hemtjänsten " + id);
    ASSERT_EQ(Call(stub, &Stub::PutUnit, request, &response), "");
  }

  void Register(Stub& stub, const std::string& prefix, int count) {
    v1::RegisterDevicesRequest request;
    v1::RegisterDevicesResponse response;
    for (int i = 0; i < count; ++i) {
      v1::Device& device = *request.add_devices();
      device.set_id(prefix + std::to_string(i));
      device.set_product("evondos");
      device.set_owner("14");
      device.set_fallback_unit("care-1480-1");
    }
    ASSERT_EQ(Call(stub, &Stub::RegisterDevices, request, &response), "");
  }

  void Assign(Stub& stub, const std::string& device) {
    v1::CreateResidentRequest resident;
    v1::CreateResidentResponse created;
    resident.set_principal("1480");
    ASSERT_EQ(Call(stub, &Stub::CreateResident, resident, &created), "");
    v1::AssignDeviceRequest request;
    v1::AssignDeviceResponse response;
    request.set_device(device);
    request.set_resident(created.resident());
    request.set_regime(v1::REGIME_HSL);
    request.set_care_unit("care-1480-1");
    request.set_alarm_unit("care-1480-1");
    ASSERT_EQ(Call(stub, &Stub::AssignDevice, request, &response), "");
  }

  nara::testing::TempDir dir_;
  std::map<std::string, config::Tls> identities_;
  const testing::KeyAndCert ca_ = testing::MakeCa("ca");
  std::unique_ptr<nara::testing::PostgresServer> postgres_;
  metrics::Registry metrics_;
  app::Health health_;
  app::Context context_{"registry", metrics_, health_, SystemClock::Instance()};
  Config config_;
  std::unique_ptr<app::App> app_;
};

TEST_F(AppTest, AWatcherFollowsAssignmentsAsTheyAreMade) {
  const auto admin = As("nara-admin");
  RouteTable routes;
  const auto watcher = Watcher::Start(Channel("nara-ingest"), routes);
  PutUnit(*admin, "care-1480-1");
  Register(*admin, "disp-", 3);
  Assign(*admin, "disp-1");
  ASSERT_TRUE(WaitFor([&] {
    const auto route = routes.Find("disp-1");
    return route != nullptr && route->assignments_size() == 1;
  }));
  EXPECT_EQ(routes.size(), 3u);
  EXPECT_TRUE(routes.fresh(1s));
}

TEST_F(AppTest, TheCertificateSaysWhoCalls) {
  const auto stranger = As("somebody");
  v1::ListDevicesResponse devices;
  EXPECT_THAT(Call(*stranger, &Stub::ListDevices, {}, &devices), ::testing::HasSubstr("UNKNOWN_CALLER"));
  const auto gateway = As("nara-gateway");
  EXPECT_THAT(Call(*gateway, &Stub::ListDevices, {}, &devices, "nara-admin"),
              ::testing::HasSubstr("MAY_NOT_SPEAK_FOR"));
  v1::PutClientRequest request;
  v1::PutClientResponse stored;
  request.mutable_client()->set_id("somebody");
  request.mutable_client()->set_role("operator");
  ASSERT_EQ(Call(*As("nara-admin"), &Stub::PutClient, request, &stored), "");
  EXPECT_EQ(Call(*stranger, &Stub::ListDevices, {}, &devices), "");
  EXPECT_EQ(Call(*gateway, &Stub::ListDevices, {}, &devices, "somebody"), "");
  EXPECT_THAT(Call(*stranger, &Stub::PutClient, request, &stored), ::testing::HasSubstr("FORBIDDEN"));
}

TEST_F(AppTest, ProvisionsDevicesWithTheSignedCertificate) {
  const auto admin = As("nara-admin");
  PutUnit(*admin, "care-1480-1");
  Register(*admin, "disp-", 1);
  v1::ProvisionDevicesRequest request;
  v1::ProvisionDevicesResponse response;
  request.add_requests()->set_device("disp-0");
  request.mutable_requests(0)->set_csr_pem(testing::MakeRequest("EC", "disp-0"));
  ASSERT_EQ(Call(*admin, &Stub::ProvisionDevices, request, &response), "");
  EXPECT_EQ(testing::Inspect(response.credentials(0).certificate_pem(), config_.device_ca_cert).subject, "CN=disp-0");
  EXPECT_EQ(response.credentials(0).mqtt_password().size(), 64u);
  request.mutable_requests(0)->set_csr_pem("not a request");
  EXPECT_THAT(Call(*admin, &Stub::ProvisionDevices, request, &response), ::testing::HasSubstr("BAD_CERTIFICATE"));
}

TEST_F(AppTest, WatchesFallSilentWithPostgresAndComeBackWithIt) {
  const auto admin = As("nara-admin");
  AccessTable access;
  const auto watcher = Watcher::Start(Channel("nara-gateway"), access);
  ASSERT_TRUE(WaitFor([&] { return access.fresh(1s); }));
  postgres_->Kill9();
  ASSERT_TRUE(WaitFor([&] { return !access.fresh(1s); }));
  ASSERT_TRUE(postgres_->Restart().ok());
  ASSERT_TRUE(WaitFor([&] { return access.fresh(1s); }, 20s));
  PutUnit(*admin, "care-1480-1");
}

TEST_F(AppTest, KeepsEverythingOverARestart) {
  PutUnit(*As("nara-admin"), "care-1480-1");
  Register(*As("nara-admin"), "disp-", 2);
  RouteTable routes;
  const auto watcher = Watcher::Start(Channel("nara-ingest"), routes);
  ASSERT_TRUE(WaitFor([&] { return routes.size() == 2; }));
  app_->Stop();
  Start();
  Assign(*As("nara-admin"), "disp-0");
  ASSERT_TRUE(WaitFor([&] { return routes.Find("disp-0")->assignments_size() == 1; }, 20s));
}

TEST_F(AppTest, SetsUpAFleetInSeconds) {
  constexpr int kCallers = 4;
  constexpr int kEach = 50;
  PutUnit(*As("nara-admin"), "care-1480-1");
  Register(*As("nara-admin"), "disp-", kCallers * kEach);
  const auto admin = As("nara-admin");
  const auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&, i] {
        for (int n = 0; n < kEach; ++n) Assign(*admin, "disp-" + std::to_string(i * kEach + n));
      });
    }
  }
  const auto took = std::chrono::steady_clock::now() - began;
  RecordProperty("resident_and_assignment_us", std::to_string(took / std::chrono::microseconds(kCallers * kEach)));
  EXPECT_LT(took, 10s) << "200 residents and assignments, sanitizers included";
  RouteTable routes;
  const auto watcher = Watcher::Start(Channel("nara-ingest"), routes);
  EXPECT_TRUE(WaitFor([&] { return routes.size() == kCallers * kEach; }));
}

TEST_F(AppTest, RefusesToStartOverANewerSchema) {
  app_->Stop();
  ASSERT_TRUE(postgres_->Run("update registry.schema_migrations set version = version + 99").ok());
  auto app = MakeApp(config_, context_);
  ASSERT_TRUE(app.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition((*app)->Start()));
}

}  // namespace
}  // namespace nara::registry
