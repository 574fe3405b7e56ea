// The whole registry over mutual TLS, on a real PostgreSQL.
#include "device_registry/app.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "common/app/health.h"
#include "common/log/log.h"
#include "common/metrics/registry.h"
#include "common/postgres/connection.h"
#include "common/routes/watcher.h"
#include "common/rpc/channel.h"
#include "common/rpc/error.h"
#include "common/rpc/status.h"
#include "common/testing/servers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/wait_for.h"
#include "device_registry/testing/identities.h"
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
    dir_.Write("device-ca.pem", device_ca.cert);
    dir_.Write("device-ca.key", device_ca.key);
    dir_.Write("password.key", std::string(32, 'k'));
    identity_keys_ =
        dir_.Write("identity.keys", "search:" + std::string(64, '5') + "\nk1:" + std::string(64, '1') + "\n");
    EXPECT_EQ(chmod(identity_keys_.c_str(), 0600), 0);
    Start();
  }
  ~AppTest() override { app_->Stop(); }

  std::string Yaml() {
    const config::Tls tls = Identity("nara-device-registry");
    return "grpc: {listen: \"127.0.0.1:" + std::to_string(port_) + "\"}\ntls: {ca: \"" + tls.ca + "\", cert: \"" +
           tls.cert + "\", key: \"" + tls.key + "\"}\npostgres: {conninfo: \"" + postgres_->conninfo("nara_registry") +
           "\"}\ncatalogue: " + NARA_CATALOGUE + "\ndevice_ca: {cert: " + dir_.File("device-ca.pem") +
           ", key: " + dir_.File("device-ca.key") + "}\nmqtt_password_key: " + dir_.File("password.key") +
           "\nidentity_keys: " + identity_keys_ +
           "\nmqtt: {address: \"tcp://127.0.0.1:" + std::to_string(nobodys_port_) + "\"}\n";
  }
  absl::StatusOr<std::unique_ptr<app::App>> Make() {
    auto root = config::Section::Parse(Yaml(), "test.yaml");
    if (!root.ok()) return root.status();
    return MakeApp(*root, context_);
  }

  void Start() {
    auto app = Make();
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
    return rpc::Connect("127.0.0.1:" + std::to_string(port_), Identity(name));
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
    v1::PutProviderRequest provider;
    v1::PutProviderResponse stored;
    provider.mutable_provider()->set_id("hemtjanst");
    provider.mutable_provider()->add_principals("1480");
    provider.mutable_provider()->set_name("Hemtjänsten");
    ASSERT_EQ(Call(stub, &Stub::PutProvider, provider, &stored), "");
    v1::PutUnitRequest request;
    v1::PutUnitResponse response;
    request.mutable_unit()->set_id(id);
    request.mutable_unit()->set_principal("1480");
    request.mutable_unit()->set_provider("hemtjanst");
    request.mutable_unit()->set_name("Hemtjänsten " + id);
    ASSERT_EQ(Call(stub, &Stub::PutUnit, request, &response), "");
  }

  // The administrator of a principal.
  std::unique_ptr<Stub> Chef() {
    v1::PutClientRequest client;
    v1::PutClientResponse stored;
    client.mutable_client()->set_id("chef");
    client.mutable_client()->set_role("principal_admin");
    client.mutable_client()->set_principal("1480");
    EXPECT_EQ(Call(*As("nara-admin"), &Stub::PutClient, client, &stored), "");
    return As("chef");
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
  std::string identity_keys_;
  const int nobodys_port_ = nara::testing::FreePort();  // where no MQTT server is
  std::map<std::string, config::Tls> identities_;
  const testing::KeyAndCert ca_ = testing::MakeCa("ca");
  std::unique_ptr<nara::testing::PostgresServer> postgres_;
  metrics::Registry metrics_;
  app::Health health_;
  app::Context context_{"registry", metrics_, health_, SystemClock::Instance()};
  const int port_ = nara::testing::FreePort();
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
  EXPECT_EQ(testing::Inspect(response.credentials(0).certificate_pem(), dir_.File("device-ca.pem")).subject,
            "CN=disp-0");
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

TEST_F(AppTest, ABlockIsInForceWhenItIsAnswered) {
  PutUnit(*As("nara-admin"), "care-1480-1");
  v1::CreateResidentRequest resident;
  v1::CreateResidentResponse created;
  resident.set_principal("1480");
  resident.set_resident("r-1");
  ASSERT_EQ(Call(*As("nara-admin"), &Stub::CreateResident, resident, &created), "");
  const auto chef = Chef();
  AccessTable clients;
  PrivacyTable privacy;
  const auto watcher = Watcher::Start(Channel("nara-data-broker"), clients, privacy);
  ASSERT_TRUE(WaitFor([&] { return privacy.current(1s); }));
  const auto set = [&](const std::string& id) {
    v1::SetBlockRequest request;
    v1::SetBlockResponse response;
    request.mutable_block()->set_id(id);
    request.mutable_block()->set_resident("r-1");
    request.mutable_block()->set_provider("hemtjanst");
    request.mutable_block()->add_uses(v1::DATA_USE_CARE);
    EXPECT_EQ(Call(*chef, &Stub::SetBlock, request, &response), "");
    return response;
  };
  EXPECT_EQ(set("b-1").in_force().confirmed(), 1u);
  ASSERT_NE(privacy.Find("r-1"), nullptr) << "before the answer";
  EXPECT_EQ(privacy.Find("r-1")->blocks_size(), 1);
  watcher->Stop();
  const v1::SetBlockResponse alone = set("b-2");
  EXPECT_EQ(alone.in_force().lease_ended_size(), 1);
  EXPECT_FALSE(privacy.current(1s)) << "who has lost its lease carries nothing across";
}

TEST_F(AppTest, ARevokedClientIsRevokedEverywhereWhenThatIsAnswered) {
  v1::PutClientRequest request;
  v1::PutClientResponse response;
  request.mutable_client()->set_id("watch-1");
  request.mutable_client()->set_role("operator");
  ASSERT_EQ(Call(*As("nara-admin"), &Stub::PutClient, request, &response), "");
  AccessTable clients;
  PrivacyTable privacy;
  const auto watcher = Watcher::Start(Channel("nara-data-broker"), clients, privacy);
  ASSERT_TRUE(WaitFor([&] { return privacy.current(1s); }));
  request.mutable_client()->set_revoked(true);
  ASSERT_EQ(Call(*As("nara-admin"), &Stub::PutClient, request, &response), "");
  ASSERT_NE(clients.Find("watch-1"), nullptr);
  EXPECT_TRUE(clients.Find("watch-1")->revoked()) << "before the answer";
  watcher->Stop();
  request.mutable_client()->set_revoked(false);
  ASSERT_EQ(Call(*As("nara-admin"), &Stub::PutClient, request, &response), "");
  EXPECT_FALSE(privacy.current(1s)) << "who did not hear of it has lost its lease before the answer";
}

TEST_F(AppTest, RightsAreNotVouchedForWithoutPostgres) {
  AccessTable clients;
  PrivacyTable privacy;
  const auto watcher = Watcher::Start(Channel("nara-data-broker"), clients, privacy);
  ASSERT_TRUE(WaitFor([&] { return privacy.current(1s); }));
  postgres_->Kill9();
  ASSERT_TRUE(WaitFor([&] { return !privacy.current(1s); }));
  ASSERT_TRUE(postgres_->Restart().ok());
  ASSERT_TRUE(WaitFor([&] { return privacy.current(1s); }, 20s));
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

// The whole database and PostgreSQL's own log with every statement and parameter.
std::string EverythingWritten(nara::testing::PostgresServer& server) {
  const std::string conninfo = server.conninfo();
  auto connection = PostgresConnection::Connect({.conninfo = conninfo, .schema = "registry", .application_name = "t"});
  EXPECT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE((*connection)->Run("set xmlbinary = 'hex'").ok());
  const auto dump = (*connection)->Execute("select schema_to_xml('registry', true, false, '')::text");
  EXPECT_TRUE(dump.ok()) << dump.status();
  const std::string folder = conninfo.substr(5, conninfo.find(' ') - 5);
  std::ifstream log(folder + "/log");
  std::ostringstream all;
  all << (*dump)[0].Text(0) << log.rdbuf();
  EXPECT_THAT(all.str(), ::testing::HasSubstr("insert into identities")) << "the log holds statements";
  return all.str();
}

TEST_F(AppTest, AnIdentityIsInItsAnswerAndNowhereElse) {
  std::mutex mutex;
  std::string written;
  std::string answers;
  log::Redirect([&](std::string_view line) {
    const std::lock_guard lock(mutex);
    written.append(line).append("\n");
  });
  ASSERT_TRUE(postgres_->Run("alter role nara_registry set log_statement = 'all'").ok());
  app_->Stop();
  Start();
  const auto chef = Chef();
  v1::RegisterResidentRequest request;
  v1::RegisterResidentResponse made;
  request.set_resident("r-ada");
  request.set_principal("1480");
  *request.mutable_identity() = testing::IdentityOf(testing::kAda, "Kanariesson");
  ASSERT_EQ(Call(*chef, &Stub::RegisterResident, request, &made), "");
  request.set_resident("r-twice");
  answers += Call(*chef, &Stub::RegisterResident, request, &made);
  request.mutable_identity()->set_number("189001019803");
  answers += Call(*chef, &Stub::RegisterResident, request, &made);
  v1::UpdateIdentityRequest update;
  v1::UpdateIdentityResponse updated;
  update.set_resident("r-ada");
  update.mutable_identity()->set_name("Kanariesson Ny");
  update.mutable_update_mask()->add_paths("name");
  update.set_revision(made.revision());
  ASSERT_EQ(Call(*chef, &Stub::UpdateIdentity, update, &updated), "");
  v1::FindResidentsRequest find;
  v1::FindResidentsResponse found;
  find.set_number("18900101-9802");
  ASSERT_EQ(Call(*chef, &Stub::FindResidents, find, &found), "");
  ASSERT_EQ(found.residents_size(), 1);
  EXPECT_EQ(found.residents(0).identity().name(), "Kanariesson Ny");
  v1::PutStaffRequest staff;
  v1::PutStaffResponse entered;
  staff.mutable_staff()->set_principal("1480");
  staff.mutable_staff()->set_name("Kanariesson");
  ASSERT_EQ(Call(*chef, &Stub::PutStaff, staff, &entered), "");

  app_->Stop();
  log::Redirect({});
  written += answers + EverythingWritten(*postgres_);
  EXPECT_THAT(written, ::testing::HasSubstr("NUMBER_IN_USE"));
  EXPECT_THAT(written, ::testing::HasSubstr("WRONG_CHECK_DIGIT"));
  const std::string lower = absl::AsciiStrToLower(written);
  for (const std::string secret : {"kanarie", "9001019802", "900101-9802", "9001019803", "1890-01-01"}) {
    EXPECT_EQ(lower.find(secret), std::string::npos) << secret;
    EXPECT_EQ(lower.find(absl::BytesToHexString(secret)), std::string::npos) << secret << " in hexadecimal";
  }
  EXPECT_EQ(lower.find(absl::BytesToHexString("Kanarie")), std::string::npos);
}

TEST_F(AppTest, RefusesToStartWithoutItsKeyFile) {
  app_->Stop();
  identity_keys_ = dir_.File("none");
  EXPECT_THAT(std::string(Make().status().message()), ::testing::HasSubstr("openssl rand"));
}

TEST_F(AppTest, RefusesToStartOverANewerSchema) {
  app_->Stop();
  ASSERT_TRUE(postgres_->Run("update registry.schema_migrations set version = version + 99").ok());
  auto app = Make();
  ASSERT_TRUE(app.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition((*app)->Start()));
}

}  // namespace
}  // namespace nara::registry
