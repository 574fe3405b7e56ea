#include "common/mqtt/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "common/testing/servers.h"
#include "common/testing/tcp_gate.h"
#include "common/testing/wait_for.h"

namespace nara {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::MosquittoServer;
using testing::WaitFor;

// A session that writes down what happens to it.
class Recorder {
 public:
  MqttSessionOptions Options(const MosquittoServer& server, std::string id, std::string filter = "") {
    MqttSessionOptions options;
    options.address = server.address();
    options.client_id = std::move(id);
    if (!filter.empty()) options.subscriptions = {{.filter = std::move(filter), .qos = 1}};
    options.on_message = [this](const MqttMessage& message) {
      const std::lock_guard lock(mutex_);
      payloads_.emplace_back(message.payload);
    };
    options.on_connected = [this](bool present) {
      session_present = present;
      ++connects;
    };
    options.on_disconnected = [this](const std::string&) { ++losses; };
    return options;
  }

  std::vector<std::string> payloads() const {
    const std::lock_guard lock(mutex_);
    return payloads_;
  }
  bool WaitForPayloads(std::size_t count) const {
    return WaitFor([&] { return payloads().size() >= count; });
  }

  std::atomic<int> connects{0};
  std::atomic<int> losses{0};
  std::atomic<bool> session_present{false};

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> payloads_;
};

std::unique_ptr<MqttSession> Started(MqttSessionOptions options) {
  auto session = MqttSession::Create(std::move(options)).value();
  session->Start();
  EXPECT_TRUE(WaitFor([&] { return session->connected(); }));
  return session;
}

TEST(Session, CarriesMessagesBothWays) {
  const auto server = MosquittoServer::Start().value();
  Recorder recorder;
  const auto session = Started(recorder.Options(*server, "me", "t/+"));
  EXPECT_TRUE(session->Publish("t/1", std::string("a\0b", 3), 1).ok());
  EXPECT_TRUE(session->Publish("t/2", "", 1).ok());
  EXPECT_TRUE(session->Publish("u/1", "not mine", 1).ok());
  ASSERT_TRUE(recorder.WaitForPayloads(2));
  EXPECT_THAT(recorder.payloads(), ElementsAre(std::string("a\0b", 3), ""));
  EXPECT_TRUE(WaitFor([&] { return session->pending() == 0; }));
}

TEST(Session, TakesSeveralFilters) {
  const auto server = MosquittoServer::Start().value();
  Recorder recorder;
  MqttSessionOptions options = recorder.Options(*server, "me", "a/+");
  options.subscriptions.push_back({"b/+"});
  options.subscriptions.push_back({"c/+"});
  const auto session = Started(std::move(options));
  for (const char* topic : {"a/1", "b/1", "c/1"}) EXPECT_TRUE(session->Publish(topic, topic, 1).ok());
  ASSERT_TRUE(recorder.WaitForPayloads(3));
  EXPECT_THAT(recorder.payloads(), ElementsAre("a/1", "b/1", "c/1"));
}

TEST(Session, IsKeptByTheServerWhileItIsStopped) {
  const auto server = MosquittoServer::Start().value();
  Recorder recorder;
  Recorder other;
  const auto session = Started(recorder.Options(*server, "durable", "t"));
  EXPECT_FALSE(recorder.session_present);
  session->Stop();
  EXPECT_FALSE(session->connected());
  const auto publisher = Started(other.Options(*server, "publisher"));
  for (const char* payload : {"1", "2", "3"}) EXPECT_TRUE(publisher->Publish("t", payload, 1).ok());
  EXPECT_TRUE(WaitFor([&] { return publisher->pending() == 0; }));
  EXPECT_TRUE(recorder.payloads().empty());
  session->Start();
  ASSERT_TRUE(recorder.WaitForPayloads(3));
  EXPECT_THAT(recorder.payloads(), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(WaitFor([&] { return recorder.session_present.load(); }));
}

TEST(Session, IsKeptByTheServerWhenTheProcessDies) {
  const auto server = MosquittoServer::Start().value();
  Recorder dying;
  Recorder successor;
  const auto first = Started(dying.Options(*server, "durable", "t"));
  // Takes the session over, as the next process does; the first never says goodbye.
  const auto second = Started(successor.Options(*server, "durable", "t"));
  EXPECT_TRUE(successor.session_present);
  first->Stop();
}

TEST(Session, ComesBackByItselfAndSubscribesAgain) {
  const auto server = MosquittoServer::Start().value();
  Recorder recorder;
  const auto session = Started(recorder.Options(*server, "me", "t"));
  server->Kill9();
  EXPECT_TRUE(WaitFor([&] { return recorder.losses > 0; }));
  EXPECT_TRUE(absl::IsUnavailable(session->Publish("t", "lost", 1)));
  ASSERT_TRUE(server->Restart().ok());
  ASSERT_TRUE(WaitFor([&] { return session->connected(); }));
  EXPECT_FALSE(recorder.session_present) << "the server forgot it, so this subscription is new";
  EXPECT_TRUE(session->Publish("t", "again", 1).ok());
  ASSERT_TRUE(recorder.WaitForPayloads(1));
}

TEST(Session, WaitsForAServerThatIsNotThereYet) {
  const auto server = MosquittoServer::Start().value();
  server->Stop();
  Recorder recorder;
  const auto session = MqttSession::Create(recorder.Options(*server, "early")).value();
  session->Start();
  EXPECT_TRUE(WaitFor([&] { return recorder.losses >= 2; }));
  ASSERT_TRUE(server->Restart().ok());
  EXPECT_TRUE(WaitFor([&] { return session->connected(); }));
}

TEST(Session, RefusesToPublishWhenTooManyWait) {
  const auto server = MosquittoServer::Start().value();
  Recorder recorder;
  MqttSessionOptions options = recorder.Options(*server, "me");
  options.max_pending = 10;
  const auto session = Started(std::move(options));
  server->process().Signal(SIGSTOP);
  int accepted = 0;
  absl::Status status;
  while (accepted < 11 && (status = session->Publish("t", "x", 1)).ok()) ++accepted;
  EXPECT_EQ(accepted, 10);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  server->process().Signal(SIGCONT);
  EXPECT_TRUE(WaitFor([&] { return session->pending() == 0; }));
  EXPECT_TRUE(session->Publish("t", "x", 1).ok());
}

TEST(Session, CarriesMoreThanTheLibrarysDefaultWindow) {
  const auto server = MosquittoServer::Start().value();
  Recorder recorder;
  const auto session = Started(recorder.Options(*server, "me", "t"));
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(session->Publish("t", std::to_string(i), 1).ok());
  ASSERT_TRUE(recorder.WaitForPayloads(1'000)) << recorder.payloads().size() << " came";
  EXPECT_EQ(recorder.payloads().back(), "999");
}

TEST(Session, ComesBackAfterAStopAndAfterALoss) {
  const auto server = MosquittoServer::Start().value();
  Recorder dying;
  const auto gate = testing::TcpGate::Start("127.0.0.1:" + std::to_string(server->port())).value();
  MqttSessionOptions options = dying.Options(*server, "dying");
  options.address = "tcp://" + gate->address();
  const auto session = Started(std::move(options));
  session->Stop();
  session->Start();
  ASSERT_TRUE(WaitFor([&] { return session->connected(); }));
  gate->Cut();
  EXPECT_TRUE(WaitFor([&] { return dying.connects == 3; }));
}

TEST(Session, SendsWhatWasUnderWayAgainAfterALoss) {
  const auto server = MosquittoServer::Start().value();
  const auto gate = testing::TcpGate::Start("127.0.0.1:" + std::to_string(server->port())).value();
  Recorder watching;
  Recorder sending;
  const auto watcher = Started(watching.Options(*server, "watcher", "t"));
  MqttSessionOptions options = sending.Options(*server, "sender");
  options.address = "tcp://" + gate->address();
  const auto session = Started(std::move(options));
  gate->Stall(true);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(session->Publish("t", std::to_string(i), 1).ok());
  gate->Cut();
  gate->Stall(false);
  EXPECT_TRUE(watching.WaitForPayloads(100)) << watching.payloads().size() << " came";
  EXPECT_TRUE(WaitFor([&] { return session->pending() == 0; }));
}

// A CA with a server on 127.0.0.1 and a client, made by openssl.
class Pki {
 public:
  Pki() {
    dir_.Write("server.ext", "subjectAltName=IP:127.0.0.1\n");
    dir_.Write("client.ext", "extendedKeyUsage=clientAuth\n");
    Run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ca", "-keyout",
         File("ca.key"), "-out", File("ca.pem"), "-days", "2"});
    for (const std::string name : {"server", "client"}) Issue(name);
  }
  std::string File(const std::string& name) const { return dir_.File(name); }

 private:
  void Issue(const std::string& name) const {
    Run({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout",
         File(name + ".key"), "-out", File(name + ".csr")});
    Run({"x509", "-req", "-in", File(name + ".csr"), "-CA", File("ca.pem"), "-CAkey", File("ca.key"), "-CAcreateserial",
         "-extfile", File(name + ".ext"), "-out", File(name + ".pem"), "-days", "2"});
  }
  static void Run(std::vector<std::string> argv) {
    argv.insert(argv.begin(), "openssl");
    EXPECT_EQ(testing::ChildProcess::Start({.argv = std::move(argv), .env = {}, .log_file = ""}).value()->Wait(), 0);
  }

  testing::TempDir dir_;
};

TEST(Session, ProvesItselfByCertificateAndChecksTheServers) {
  const Pki pki;
  const Pki stranger;
  const auto server =
      MosquittoServer::Start({.config = {"listener {port} 127.0.0.1", "cafile " + pki.File("ca.pem"),
                                         "certfile " + pki.File("server.pem"), "keyfile " + pki.File("server.key"),
                                         "require_certificate true", "use_identity_as_username true"}})
          .value();
  Recorder recorder;
  const auto options = [&](const Pki& ca, const Pki& own) {
    MqttSessionOptions made = recorder.Options(*server, "client", "t");
    made.address = "ssl://127.0.0.1:" + std::to_string(server->port());
    made.ca_file = ca.File("ca.pem");
    made.cert_file = own.File("client.pem");
    made.key_file = own.File("client.key");
    return made;
  };
  const auto session = Started(options(pki, pki));
  EXPECT_TRUE(session->Publish("t", "over TLS", 1).ok());
  EXPECT_TRUE(recorder.WaitForPayloads(1));
  session->Stop();
  recorder.losses = 0;
  for (const auto& refused : {std::pair(&stranger, &pki), std::pair(&pki, &stranger)}) {
    const auto other = MqttSession::Create(options(*refused.first, *refused.second)).value();
    other->Start();
    EXPECT_TRUE(WaitFor([&] { return recorder.losses > 0; }));
    EXPECT_FALSE(other->connected());
    recorder.losses = 0;
  }
}

TEST(Session, RefusesOptionsThatCannotWork) {
  const auto status = [](const std::string& address, const std::string& ca) {
    MqttSessionOptions options;
    options.address = address;
    options.client_id = "me";
    options.ca_file = ca;
    return MqttSession::Create(std::move(options)).status();
  };
  EXPECT_TRUE(absl::IsInvalidArgument(status("http://x", "")));
  EXPECT_TRUE(absl::IsInvalidArgument(status("ssl://127.0.0.1:1", "")));
  EXPECT_TRUE(absl::IsInvalidArgument(status("ssl://127.0.0.1:1", "/nowhere/ca.pem")));
  EXPECT_TRUE(status("tcp://127.0.0.1:1", "").ok());
}

}  // namespace
}  // namespace nara
