// Who is revoked is locked out of a real MQTT server with the guard.
#include "device_registry/identity/lock_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/mqtt/session.h"
#include "common/mqtt/topics.h"
#include "common/testing/servers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/wait_for.h"
#include "device_registry/identity/mqtt_guard.h"
#include "device_registry/testing/county.h"
#include "device_registry/testing/requests.h"

namespace nara::registry {
namespace {

using namespace std::chrono_literals;
using nara::testing::WaitFor;

// A guard that takes what a test lets it, and says nothing by itself.
class FakeGuard final : public GuardLink {
 public:
  absl::Status Send(const std::string& part) override {
    const std::lock_guard lock(mutex_);
    if (!there_) return absl::UnavailableError("not there");
    parts_.push_back(part);
    return absl::OkStatus();
  }
  void Leave() {
    const std::lock_guard lock(mutex_);
    there_ = false;
  }
  std::size_t sent() const {
    const std::lock_guard lock(mutex_);
    return parts_.size();
  }
  // The generation of the list that came last.
  std::uint64_t generation() const {
    const std::lock_guard lock(mutex_);
    return std::stoull(parts_.back());
  }

 private:
  mutable std::mutex mutex_;
  bool there_ = true;
  std::vector<std::string> parts_;
};

class LockOutLoopTest : public ::testing::Test {
 protected:
  LockOutLoopTest() {
    county_.Fill();
    lock_out_.Start();
    lock_out_.Connected();
  }
  ~LockOutLoopTest() override { lock_out_.Stop(); }

  testing::County county_;
  FakeGuard guard_;
  LockOut lock_out_{county_.identity_store(), guard_, {.again = 20ms, .refresh = 1h, .report = {}}};
};

TEST_F(LockOutLoopTest, AListIsSentAgainUntilTheGuardSaysThatItObeys) {
  EXPECT_TRUE(WaitFor([&] { return guard_.sent() >= 3; }));
  lock_out_.InForce(guard_.generation() + 7);  // another registry's, from before a restore
  const std::size_t sent = guard_.sent();
  EXPECT_TRUE(WaitFor([&] { return guard_.sent() > sent; }));
  EXPECT_FALSE(lock_out_.Changed(1, 10ms));
  lock_out_.InForce(guard_.generation());
  EXPECT_TRUE(lock_out_.Changed(1, 10s));
}

TEST_F(LockOutLoopTest, AnOlderListInForceIsNotEnough) {
  ASSERT_TRUE(WaitFor([&] { return guard_.sent() > 0; }));
  lock_out_.InForce(guard_.generation());
  ASSERT_TRUE(lock_out_.Changed(1, 10s));
  EXPECT_FALSE(lock_out_.Changed(guard_.generation() + 1, 10ms)) << "as after a read that failed";
  const std::size_t sent = guard_.sent();
  EXPECT_TRUE(WaitFor([&] { return guard_.sent() >= sent + 3; })) << "again and again";
}

TEST_F(LockOutLoopTest, NobodyWaitsForAGuardThatIsOutOfReach) {
  ASSERT_TRUE(WaitFor([&] { return guard_.sent() > 0; }));
  guard_.Leave();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(lock_out_.Changed(1, 1h));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 60s);
}

class LockOutTest : public ::testing::Test {
 protected:
  LockOutTest() {
    county_.Fill();
    dir_.Write("ca.pem", ca_.cert);
    dir_.Write("device-ca.pem", device_ca_.cert);
    Identify("nara-mqtt", ca_);
    Identify("nara-device-registry", ca_);
    auto started = nara::testing::MosquittoServer::Start({.config = Listeners(), .persistence = false});
    EXPECT_TRUE(started.ok()) << started.status();
    mqtt_ = *std::move(started);
    StartRegistry();
  }
  ~LockOutTest() override { StopRegistry(); }

  void Identify(const std::string& name, const testing::KeyAndCert& ca) {
    const testing::KeyAndCert identity = testing::MakeIdentity(ca, name);
    dir_.Write(name + ".pem", identity.cert);
    dir_.Write(name + ".key", identity.key);
  }

  std::vector<std::string> Listeners() {
    std::vector<std::string> lines = {"per_listener_settings true"};
    const auto add = [&](const std::string& port, const std::string& ca, const std::string& clients) {
      for (const std::string& line :
           {"listener " + port + " 127.0.0.1", "cafile " + dir_.File(ca), "certfile " + dir_.File("nara-mqtt.pem"),
            "keyfile " + dir_.File("nara-mqtt.key"), std::string("require_certificate true"),
            std::string("allow_anonymous false"), std::string("plugin " NARA_GUARD), "plugin_opt_clients " + clients,
            "plugin_opt_revoked " + dir_.File("guard-revoked")}) {
        lines.push_back(line);
      }
    };
    add("{port}", "ca.pem", "services");
    add(std::to_string(device_port_), "device-ca.pem", "devices");
    return lines;
  }

  void StartRegistry() {
    const config::Tls tls{.ca = dir_.File("ca.pem"),
                          .cert = dir_.File("nara-device-registry.pem"),
                          .key = dir_.File("nara-device-registry.key")};
    guard_ = MqttGuard::Create("ssl://127.0.0.1:" + std::to_string(mqtt_->port()), tls).value();
    lock_out_ = std::make_unique<LockOut>(county_.identity_store(), *guard_, LockOut::Options());
    lock_out_->Start();
    guard_->Start({.connected = [this] { lock_out_->Connected(); },
                   .in_force = [this](std::uint64_t generation) { lock_out_->InForce(generation); }});
  }
  void StopRegistry() {
    guard_->Stop();
    lock_out_->Stop();
  }

  // A device that connects again for ever.
  std::unique_ptr<MqttSession> Device(const std::string& name) {
    Identify(name, device_ca_);
    MqttSessionOptions options;
    options.address = "ssl://127.0.0.1:" + std::to_string(device_port_);
    options.client_id = name;
    options.ca_file = dir_.File("ca.pem");
    options.cert_file = dir_.File(name + ".pem");
    options.key_file = dir_.File(name + ".key");
    options.reconnect_max = 200ms;
    options.subscriptions = {{.filter = BuildTopic(TopicKind::kDown, name), .qos = 1}};
    options.on_message = [](const MqttMessage&) {};
    auto device = MqttSession::Create(std::move(options)).value();
    device->Start();
    return device;
  }

  std::uint64_t Revoke(const std::string& device) {
    v1::RevokeDeviceRequest request;
    request.set_device(device);
    request.set_reason(v1::REVOCATION_REASON_LOST);
    return county_.identity().RevokeDevice(county_.As("admin"), request)->revocation().revision();
  }
  std::uint64_t Lift(const std::string& device, std::uint64_t revision) {
    v1::LiftRevocationRequest request;
    request.set_device(device);
    request.set_revision(revision);
    return county_.identity().LiftRevocation(county_.As("admin"), request)->revocation().lifted_revision();
  }
  bool InForce(std::uint64_t revision) {
    return WaitFor([&] { return lock_out_->Changed(revision, 1s); }, 20s);
  }
  static bool Comes(const MqttSession& device) {
    return WaitFor([&] { return device.connected(); });
  }
  // It tried for a while, and never came in.
  static bool StaysOut(const MqttSession& device) {
    return !WaitFor([&] { return device.connected(); }, 1500ms);
  }

  testing::County county_;
  nara::testing::TempDir dir_;
  const testing::KeyAndCert ca_ = testing::MakeCa("ca");
  const testing::KeyAndCert device_ca_ = testing::MakeCa("device-ca");
  const int device_port_ = nara::testing::FreePort();
  std::unique_ptr<nara::testing::MosquittoServer> mqtt_;
  std::unique_ptr<MqttGuard> guard_;
  std::unique_ptr<LockOut> lock_out_;
};

TEST_F(LockOutTest, AnOpenSessionIsClosedWithinTenSecondsAndDoesNotComeBack) {
  const auto lost = Device("bp-0001");
  const auto other = Device("disp-0001");
  ASSERT_TRUE(Comes(*lost) && Comes(*other)) << mqtt_->log();
  const std::uint64_t revision = Revoke("bp-0001");
  EXPECT_TRUE(InForce(revision)) << mqtt_->log();
  EXPECT_TRUE(WaitFor([&] { return !lost->connected(); }));
  EXPECT_TRUE(StaysOut(*lost));
  EXPECT_TRUE(other->connected());
  EXPECT_TRUE(InForce(Lift("bp-0001", revision)));
  EXPECT_TRUE(Comes(*lost));
}

TEST_F(LockOutTest, ARestartOfTheMqttServerLetsNobodyInAlsoWithoutTheRegistry) {
  EXPECT_TRUE(InForce(Revoke("bp-0001"))) << mqtt_->log();
  StopRegistry();
  mqtt_->Kill9();
  ASSERT_TRUE(mqtt_->Restart().ok());
  const auto lost = Device("bp-0001");
  const auto other = Device("disp-0001");
  EXPECT_TRUE(Comes(*other)) << mqtt_->log();
  EXPECT_TRUE(StaysOut(*lost));
  StartRegistry();
  EXPECT_TRUE(InForce(0)) << mqtt_->log();
  EXPECT_TRUE(StaysOut(*lost));
}

TEST_F(LockOutTest, WhatWasRevokedWhileTheServerWasAwayIsObeyedWhenItIsBack) {
  const auto lost = Device("bp-0001");
  ASSERT_TRUE(Comes(*lost)) << mqtt_->log();
  mqtt_->Kill9();
  const std::uint64_t revision = Revoke("bp-0001");
  EXPECT_FALSE(lock_out_->Changed(revision, 100ms));
  ASSERT_TRUE(mqtt_->Restart().ok());
  EXPECT_TRUE(InForce(revision)) << mqtt_->log();
  EXPECT_TRUE(WaitFor([&] { return !lost->connected(); }));
  EXPECT_TRUE(StaysOut(*lost));
}

}  // namespace
}  // namespace nara::registry
