#include "gateway/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <future>
#include <list>

#include "common/testing/wait_for.h"
#include "gateway/http/event_queue.h"
#include "gateway/testing/raw_client.h"

namespace nara::gateway {
namespace {

using nara::testing::WaitFor;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::RawClient;
using ::testing::StartsWith;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    router_.Add("GET", "/hello", [](const Request&, const PathParameters&) { return Text("hello"); });
    router_.Add("GET", "/slow", [this](const Request&, const PathParameters&) {
      release_.get_future().wait();
      return Text("slow");
    });
    router_.Add("GET", "/events", [this](const Request&, const PathParameters&) {
      Response response;
      response.content_type = "text/event-stream";
      response.events = queue_;
      return response;
    });
    router_.Add("GET", "/large", [this](const Request&, const PathParameters&) {
      Response response = Text("");
      response.shared_body = large_;
      return response;
    });
    router_.Add("GET", "/empty", [](const Request&, const PathParameters&) { return Response{.status = 204}; });
    options_.listen = {"127.0.0.1", 0};
    options_.max_body = 1000;
    options_.max_header = 2000;
    options_.patience = absl::Milliseconds(300);
    options_.ping = absl::Milliseconds(100);
    Restart();
  }

  // With the options as they are.
  void Restart() {
    server_.reset();
    server_ = *Server::Start(options_, router_, metrics_);
  }

  static Response Text(const std::string& body) {
    Response response;
    response.content_type = "text/plain";
    response.body = body;
    return response;
  }

  std::string Ask(const std::string& bytes) {
    RawClient client(server_->port());
    client.Send(bytes);
    return client.ReadUntil("");
  }

  // Until the stream flows.
  void Follow(RawClient& client) {
    client.Send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.ReadUntil("retry: 1000\n\n"), HasSubstr("text/event-stream"));
  }

  // The value of a counter with these labels.
  double Counted(const std::string& name, const std::string& labels) const {
    const std::string text = registry_.Text();
    const std::string line = "\n" + name + "{" + labels + "} ";
    return std::stod(text.substr(text.find(line) + line.size()));
  }

  metrics::Registry registry_;
  Metrics metrics_{registry_};
  Server::Options options_;
  Router router_;
  std::promise<void> release_;
  const std::shared_ptr<const std::string> large_ = std::make_shared<const std::string>(8 << 20, 'x');
  ManualClock clock_;
  std::shared_ptr<EventQueue> queue_ = std::make_shared<EventQueue>(clock_);
  std::unique_ptr<Server> server_;
};

constexpr char kHost[] = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST_F(ServerTest, AnswersWithSecurityHeaders) {
  const std::string answer = Ask(std::string("GET /hello") + kHost);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  for (const char* header :
       {"x-content-type-options: nosniff", "content-security-policy: default-src 'self'", "frame-ancestors 'none'"}) {
    EXPECT_THAT(answer, HasSubstr(header));
  }
}

TEST_F(ServerTest, RefusesAForeignHost) {
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(ServerTest, SurvivesWhatIsNoHttp) {
  EXPECT_EQ(Ask("\x16\x03\x01 this is TLS\r\n\r\n").find("HTTP/1.1 200"), std::string::npos);
  EXPECT_EQ(Ask("GET /" + std::string(5000, 'a') + kHost).find("HTTP/1.1 200"), std::string::npos);
  EXPECT_THAT(Ask("GET /%00" + std::string(kHost)), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask(std::string("GET /hello") + kHost), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, RefusesABodyThatIsTooLarge) {
  EXPECT_THAT(Ask("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerTest, ARefusalArrivesThoughTheClientIsStillSending) {
  RawClient client(server_->port());
  client.Send("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("}"), StartsWith("HTTP/1.1 413"));
  for (int i = 0; i < 5; ++i) client.Send(std::string(100'000, 'x'));
}

TEST_F(ServerTest, SaysWhatIsWrongWithAHeader) {
  EXPECT_THAT(Ask("GET /" + std::string(5000, 'a') + kHost), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Ask("hello\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_EQ(Counted("nara_gateway_refused_total", R"(reason="header")"), 1);
  EXPECT_EQ(Counted("nara_gateway_refused_total", R"(reason="malformed")"), 1);
}

TEST_F(ServerTest, ARequestThatTakesTooLongIsCutOff) {
  options_.request = absl::Milliseconds(200);
  Restart();
  for (const char* part : {"GET /hel", "POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhel"}) {
    RawClient client(server_->port());
    client.Send(part);
    EXPECT_EQ(client.ReadUntil(""), "");
  }
  EXPECT_TRUE(WaitFor([this] { return Counted("nara_gateway_refused_total", R"(reason="slow")") == 2; }));
}

TEST_F(ServerTest, WhoWaitsLongestMakesRoomForWhoAsks) {
  options_.max_connections = 2;
  Restart();
  RawClient silent(server_->port());
  RawClient slow(server_->port());
  slow.Send("GET /hel");
  EXPECT_THAT(Ask(std::string("GET /hello") + kHost), HasSubstr("hello"));
  EXPECT_EQ(silent.ReadUntil(""), "");
  slow.Send("lo" + std::string(kHost));
  EXPECT_THAT(slow.ReadUntil(""), HasSubstr("hello"));
  EXPECT_EQ(Counted("nara_gateway_refused_total", R"(reason="idle")"), 1);
}

TEST_F(ServerTest, WhoIsAtWorkMakesNoRoom) {
  options_.max_connections = 1;
  Restart();
  RawClient client(server_->port());
  Follow(client);
  EXPECT_EQ(Ask(std::string("GET /hello") + kHost), "");
  EXPECT_FALSE(queue_->closed());
  EXPECT_EQ(Counted("nara_gateway_refused_total", R"(reason="full")"), 1);
}

TEST_F(ServerTest, OneAddressHasSoManyConnectionsAndNoMore) {
  options_.max_connections_of_address = 1;
  Restart();
  RawClient client(server_->port());
  Follow(client);
  EXPECT_EQ(Ask(std::string("GET /hello") + kHost), "");
  EXPECT_FALSE(queue_->closed());
  EXPECT_EQ(Counted("nara_gateway_refused_total", R"(reason="address_full")"), 1);
}

TEST_F(ServerTest, AnAnswerIsWholeHoweverLarge) {
  const std::string answer = Ask(std::string("GET /large") + kHost);
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, large_->size());
}

TEST_F(ServerTest, AnAnswerWithoutABodyEndsWithItsHeader) {
  EXPECT_THAT(Ask(std::string("GET /empty") + kHost), AllOf(StartsWith("HTTP/1.1 204"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(Ask(std::string("HEAD /") + kHost), EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, WhoTakesNothingOfItsAnswerIsCutOff) {
  options_.take = absl::Milliseconds(100);
  Restart();
  RawClient client(server_->port());
  client.Send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(WaitFor([this] { return Counted("nara_gateway_refused_total", R"(reason="slow_reader")") == 1; }));
  EXPECT_LT(client.ReadUntil("").size(), large_->size());
}

TEST_F(ServerTest, WhoTakesTooLittleOfItsAnswerIsCutOff) {
  options_.take = absl::Milliseconds(300);
  options_.least_taken = 1 << 20;
  Restart();
  RawClient client(server_->port(), 4096);
  client.Send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::size_t taken = 0;
  EXPECT_TRUE(WaitFor([&] {
    taken += client.Read(100).size();
    return Counted("nara_gateway_refused_total", R"(reason="slow_reader")") == 1;
  }));
  EXPECT_LT(taken, large_->size());
}

TEST_F(ServerTest, SlowReadersHaveOneBodyAndMakeRoom) {
  options_.max_connections = 20;
  Restart();
  std::list<RawClient> readers;
  for (int i = 0; i < 20; ++i) {
    readers.emplace_back(server_->port(), 4096).Send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(readers.back().ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_GT(large_.use_count(), 20);
  EXPECT_TRUE(WaitFor([this] { return !Ask(std::string("GET /hello") + kHost).empty(); }));
  EXPECT_GE(Counted("nara_gateway_refused_total", R"(reason="slow_reader")"), 1);
  server_->Stop();
  EXPECT_EQ(large_.use_count(), 1);
}

TEST_F(ServerTest, LeavesFilesForTheRestOfTheProcess) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit scarce = {2, before.rlim_max};  // one connection
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &scarce), 0);
  EXPECT_EQ(MostConnections(1024), 1u);
  const rlimit plenty = {512, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &plenty);
  EXPECT_EQ(MostConnections(1024), 384u);
  EXPECT_EQ(MostConnections(100), 100u);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(ServerTest, CountsWhatItAnswersByRoute) {
  metrics_.AddRoutes(router_.Routes());
  Ask(std::string("GET /hello") + kHost);
  Ask(std::string("GET /nothing") + kHost);
  EXPECT_EQ(Counted("nara_gateway_requests_total", R"(route="GET /hello",status="2xx")"), 1);
  EXPECT_EQ(Counted("nara_gateway_requests_total", R"(route="none",status="4xx")"), 1);
  EXPECT_EQ(Counted("nara_gateway_request_seconds_count", R"(route="GET /hello")"), 1);
}

TEST_F(ServerTest, CountsWhatIsOpen) {
  {
    RawClient client(server_->port());
    Follow(client);
    EXPECT_THAT(registry_.Text(), HasSubstr("nara_gateway_event_streams 1"));
    EXPECT_THAT(registry_.Text(), HasSubstr("nara_gateway_connections 1"));
  }
  EXPECT_TRUE(WaitFor([this] { return registry_.Text().find("nara_gateway_connections 0") != std::string::npos; }));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_gateway_event_streams 0"));
}

TEST_F(ServerTest, ASlowHandlerStopsNobodyElse) {
  RawClient slow(server_->port());
  slow.Send(std::string("GET /slow") + kHost);
  EXPECT_THAT(Ask(std::string("GET /hello") + kHost), HasSubstr("hello"));
  release_.set_value();
  EXPECT_THAT(slow.ReadUntil(""), HasSubstr("slow"));
}

TEST_F(ServerTest, SendsEventsAsTheyCome) {
  RawClient client(server_->port());
  client.Send(std::string("GET /events") + kHost);
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("text/event-stream"));
  queue_->Push("data: 1\n\n");
  EXPECT_THAT(client.ReadUntil("data: 1\n\n"), HasSubstr("data: 1"));
  queue_->Push("data: 2\n\n");
  EXPECT_THAT(client.ReadUntil("data: 2\n\n"), HasSubstr("data: 2"));
}

TEST_F(ServerTest, AnEventStreamThatIsClosedEndsInOrder) {
  RawClient client(server_->port());
  Follow(client);
  queue_->Close();
  EXPECT_THAT(client.ReadUntil(""), EndsWith("0\r\n\r\n"));
}

TEST_F(ServerTest, AnEventStreamIsNeverSilent) {
  RawClient client(server_->port());
  Follow(client);
  EXPECT_THAT(client.ReadUntil(":\n\n"), EndsWith(":\n\n\r\n"));
}

TEST_F(ServerTest, ABrowserThatClosesIsNoticedAtOnce) {
  {
    RawClient client(server_->port());
    Follow(client);
    EXPECT_FALSE(queue_->closed());
  }
  EXPECT_TRUE(WaitFor([this] { return queue_->closed(); }));
}

TEST_F(ServerTest, ABrowserThatIsGoneWithoutAWordIsNoticed) {
  RawClient client(server_->port());
  Follow(client);
  client.Die();
  EXPECT_TRUE(WaitFor([this] { return queue_->closed(); }));
}

TEST_F(ServerTest, ABrowserThatTakesNothingIsCutOff) {
  RawClient client(server_->port());
  Follow(client);
  const std::string much = "data: " + std::string(100'000, 'x') + "\n\n";
  std::size_t pushed = 0;
  EXPECT_TRUE(WaitFor([&] { return ++pushed, !queue_->Push(much); }));
  EXPECT_LT(pushed, EventQueue::kCapacity) << "for what it did not take, not for what waits";
}

TEST_F(ServerTest, AFollowersEventsAreTakenAgainAndAgain) {
  RawClient client(server_->port());
  Follow(client);
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(WaitFor([this] { return queue_->quiet() == absl::ZeroDuration(); }));
}

TEST_F(ServerTest, StopsWithAnOpenEventStream) {
  RawClient client(server_->port());
  client.Send(std::string("GET /events") + kHost);
  client.ReadUntil("\r\n\r\n");
  server_->Stop();
}

TEST(Plain, IsForLoopbackOnly) {
  Router router;
  Server::Options options;
  options.listen = {"0.0.0.0", 0};
  metrics::Registry registry;
  Metrics metrics(registry);
  EXPECT_EQ(Server::Start(options, router, metrics).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(HostHeader, OfTheMachineItself) {
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"})
    EXPECT_TRUE(IsLoopbackHostHeader(host)) << host;
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"}) {
    EXPECT_FALSE(IsLoopbackHostHeader(host)) << host;
  }
}

}  // namespace
}  // namespace nara::gateway
