#include "device_client/mqtt_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "common/testing/child_process.h"
#include "common/testing/servers.h"
#include "common/testing/temp_dir.h"
#include "common/testing/wait_for.h"
#include "device_client/client.h"
#include "device_client/memory_storage.h"

namespace nara::device_client {
namespace {

using nara::testing::ChildProcess;
using nara::testing::MosquittoServer;
using nara::testing::TempDir;
using nara::testing::WaitFor;
using telemetry::v1::LANE_MEASUREMENT;
using telemetry::v1::Receipt;
using telemetry::v1::Uplink;

class Recorder : public LinkEvents {
 public:
  void OnUp() override { ++ups; }
  void OnDown(const absl::Status& why) override {
    const std::lock_guard lock(mutex);
    last_why = why;
    ++downs;
  }
  void OnMessage(const std::string& /*topic*/, const std::string& payload) override {
    const std::lock_guard lock(mutex);
    messages.push_back(payload);
  }

  size_t heard() {
    const std::lock_guard lock(mutex);
    return messages.size();
  }
  absl::Status why() {
    const std::lock_guard lock(mutex);
    return last_why;
  }

  std::atomic<int> ups = 0;
  std::atomic<int> downs = 0;
  std::mutex mutex;
  std::vector<std::string> messages;
  absl::Status last_why;
};

void Publish(Transport& transport, Link& link, const std::string& topic, const std::string& payload) {
  transport.Post([&link, topic, payload] { link.Publish(topic, payload).IgnoreError(); });
}

class MqttLoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = MosquittoServer::Start();
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    auto transport = StartMqttLoop({.host = "127.0.0.1",
                                    .port = server_->port(),
                                    .reconnect_after = absl::Milliseconds(20),
                                    .reconnect_after_most = absl::Milliseconds(100)});
    ASSERT_TRUE(transport.ok()) << transport.status();
    transport_ = *std::move(transport);
  }

  std::unique_ptr<Link> Open(const std::string& device, Recorder& events) {
    auto link = transport_->Open({.device = device, .subscriptions = {"to/" + device}}, events);
    link->Connect();
    return link;
  }

  std::unique_ptr<MosquittoServer> server_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(MqttLoopTest, ServesManyLinksWithOneThread) {
  constexpr size_t kLinks = 100;
  std::vector<std::unique_ptr<Recorder>> events;
  std::vector<std::unique_ptr<Link>> links;
  for (size_t i = 0; i < kLinks; ++i) {
    events.push_back(std::make_unique<Recorder>());
    links.push_back(Open("device-" + std::to_string(i), *events.back()));
  }
  for (const auto& one : events) ASSERT_TRUE(WaitFor([&] { return one->ups == 1; }));
  for (size_t i = 0; i < kLinks; ++i) {
    Publish(*transport_, *links[i], "to/device-" + std::to_string((i + 1) % kLinks), "hello");
  }
  for (const auto& one : events) EXPECT_TRUE(WaitFor([&] { return one->heard() == 1; }));
}

TEST_F(MqttLoopTest, CarriesAPayloadOfTheLargestSize) {
  Recorder events;
  const auto link = Open("device-1", events);
  ASSERT_TRUE(WaitFor([&] { return events.ups == 1; }));
  Publish(*transport_, *link, "to/device-1", std::string(65'536, 'x'));
  ASSERT_TRUE(WaitFor([&] { return events.heard() == 1; }));
  EXPECT_EQ(events.messages[0].size(), 65'536);
}

TEST_F(MqttLoopTest, ConnectsAgainWhenTheServerIsBack) {
  Recorder events;
  const auto link = Open("device-1", events);
  ASSERT_TRUE(WaitFor([&] { return events.ups == 1; }));
  server_->Kill9();
  ASSERT_TRUE(WaitFor([&] { return events.downs >= 1; }));
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_TRUE(WaitFor([&] { return events.ups == 2; }));
}

TEST_F(MqttLoopTest, RefusesToPublishWhileDown) {
  Recorder events;
  const auto link = Open("device-1", events);
  ASSERT_TRUE(WaitFor([&] { return events.ups == 1; }));
  server_->Stop();
  ASSERT_TRUE(WaitFor([&] { return events.downs >= 1; }));
  std::atomic<bool> refused = false;
  transport_->Post([&] { refused = absl::IsUnavailable(link->Publish("to/x", "x")); });
  EXPECT_TRUE(WaitFor([&] { return refused.load(); }));
}

TEST_F(MqttLoopTest, EndsALinkThatNeverConnected) {
  server_->Stop();
  Recorder events;
  auto link = Open("device-1", events);
  ASSERT_TRUE(WaitFor([&] { return events.downs >= 2; }));
  link.reset();
}

// A platform in one line: answers every uplink of one device with its receipt.
class Responder : public LinkEvents {
 public:
  explicit Responder(Transport& transport) : transport_(transport) {
    link_ = transport_.Open({.device = "platform", .subscriptions = {topics_.up}}, *this);
    link_->Connect();
  }

  void OnUp() override { up = true; }
  void OnDown(const absl::Status& /*why*/) override {}
  void OnMessage(const std::string& /*topic*/, const std::string& payload) override {
    Uplink uplink;
    if (!uplink.ParseFromString(payload)) return;
    Receipt receipt;
    receipt.set_lane(LANE_MEASUREMENT);
    receipt.set_epoch(uplink.epoch());
    receipt.set_through(uplink.records(uplink.records_size() - 1).seq());
    link_->Publish(topics_.receipt, receipt.SerializeAsString()).IgnoreError();
  }

  std::atomic<bool> up = false;

 private:
  Transport& transport_;
  const Topics topics_ = TopicsOf("bp-1");
  std::unique_ptr<Link> link_;
};

TEST_F(MqttLoopTest, CarriesAClientsRecordsAndTheirReceipts) {
  Responder platform(*transport_);
  ASSERT_TRUE(WaitFor([&] { return platform.up.load(); }));
  MemoryStorage measurement;
  MemoryStorage alarm;
  ClientOptions options;
  options.device = "bp-1";
  const auto client = Client::Start(options, measurement, alarm, *transport_, {});
  ASSERT_TRUE(client.ok()) << client.status();
  telemetry::v1::Record record;
  record.set_kind("body_weight");
  for (int i = 0; i < 200; ++i) ASSERT_TRUE((*client)->Send(LANE_MEASUREMENT, record).ok());
  EXPECT_TRUE(WaitFor([&] { return (*client)->waiting() == 0; }));
}

void RunProgram(const std::vector<std::string>& argv) {
  auto child = ChildProcess::Start({.argv = argv, .env = {}, .log_file = {}});
  ASSERT_TRUE(child.ok()) << child.status();
  ASSERT_EQ((*child)->Wait(), 0) << argv[1];
}

std::string ReadAll(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

class MqttLoopTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MakeAuthority("ca");
    MakeAuthority("other-ca");
    MakeLeaf("server", "/CN=server", "subjectAltName=IP:127.0.0.1");
    MakeLeaf("device-1", "/CN=device-1", "basicConstraints=CA:FALSE");
    auto server = MosquittoServer::Start(
        {.config = {"listener {port} 127.0.0.1", "cafile " + File("ca.crt"), "certfile " + File("server.crt"),
                    "keyfile " + File("server.key"), "require_certificate true", "use_identity_as_username true"},
         .persistence = false});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string File(const std::string& name) const { return dir_.File(name); }

  void MakeAuthority(const std::string& name) {
    RunProgram({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                File(name + ".key"), "-out", File(name + ".crt"), "-subj", "/CN=" + name, "-days", "2"});
  }

  void MakeLeaf(const std::string& name, const std::string& subject, const std::string& extension) {
    const std::string extensions = dir_.Write(name + ".ext", extension + "\n");
    RunProgram({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                File(name + ".key"), "-out", File(name + ".csr"), "-subj", subject});
    RunProgram({"openssl", "x509", "-req", "-in", File(name + ".csr"), "-CA", File("ca.crt"), "-CAkey", File("ca.key"),
                "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", File(name + ".crt")});
  }

  std::unique_ptr<Transport> Loop(const std::string& ca) {
    auto transport = StartMqttLoop({.host = "127.0.0.1", .port = server_->port(), .ca_file = File(ca)});
    EXPECT_TRUE(transport.ok()) << transport.status();
    return *std::move(transport);
  }

  Identity Device() const {
    return {.certificate_pem = ReadAll(File("device-1.crt")), .key_pem = ReadAll(File("device-1.key"))};
  }

  TempDir dir_;
  std::unique_ptr<MosquittoServer> server_;
};

TEST_F(MqttLoopTlsTest, PresentsTheCertificateOfEachLink) {
  const auto transport = Loop("ca.crt");
  Recorder events;
  const auto link =
      transport->Open({.device = "device-1", .identity = Device(), .subscriptions = {"to/device-1"}}, events);
  link->Connect();
  ASSERT_TRUE(WaitFor([&] { return events.ups == 1; })) << events.why();
  Publish(*transport, *link, "to/device-1", std::string(65'536, 'x'));
  EXPECT_TRUE(WaitFor([&] { return events.heard() == 1; }));
}

TEST_F(MqttLoopTlsTest, IsRefusedWithoutACertificate) {
  const auto transport = Loop("ca.crt");
  Recorder events;
  const auto link = transport->Open({.device = "device-1"}, events);
  link->Connect();
  EXPECT_TRUE(WaitFor([&] { return events.downs >= 1; }));
  EXPECT_EQ(events.ups, 0);
}

TEST_F(MqttLoopTlsTest, RefusesAServerOfAnotherAuthority) {
  const auto transport = Loop("other-ca.crt");
  Recorder events;
  const auto link = transport->Open({.device = "device-1", .identity = Device()}, events);
  link->Connect();
  EXPECT_TRUE(WaitFor([&] { return events.downs >= 1; }));
  EXPECT_EQ(events.ups, 0);
}

TEST_F(MqttLoopTlsTest, SaysWhenACertificateIsNoCertificate) {
  const auto transport = Loop("ca.crt");
  Recorder events;
  const auto link =
      transport->Open({.device = "device-1", .identity = {.certificate_pem = "x", .key_pem = "y"}}, events);
  link->Connect();
  ASSERT_TRUE(WaitFor([&] { return events.downs >= 1; }));
  EXPECT_EQ(events.why().code(), absl::StatusCode::kInvalidArgument);
}

TEST(MqttLoop, RefusesACaFileThatIsNotThere) {
  EXPECT_EQ(StartMqttLoop({.ca_file = "/no/such/ca.crt"}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace nara::device_client
