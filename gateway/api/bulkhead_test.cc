#include "gateway/api/bulkhead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <list>

#include "common/rpc/error.h"
#include "common/testing/wait_for.h"
#include "gateway/api/api.h"
#include "gateway/http/server.h"
#include "gateway/testing/fakes.h"
#include "gateway/testing/raw_client.h"

namespace nara::gateway {
namespace {

using nara::testing::WaitFor;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::RawClient;
using ::testing::StartsWith;

// As many calls as it takes, each within the one before; what the innermost answers.
Bulkhead::Result Within(Bulkhead& bulkhead, int calls) {
  if (calls == 0) return Response();
  return bulkhead.Run([&] { return Within(bulkhead, calls - 1); });
}

class BulkheadTest : public ::testing::Test {
 protected:
  std::string Counted(const std::string& reason) const {
    const std::string text = registry_.Text();
    const std::string name = "nara_gateway_service_failures_total{reason=\"" + reason + "\",service=\"alerts\"} ";
    return text.substr(text.find(name) + name.size(), 1);
  }

  metrics::Registry registry_;
  Metrics metrics_{registry_};
  Bulkhead bulkhead_{"the alert router", metrics_.alerts()};
};

TEST_F(BulkheadTest, LetsThroughWhatOneServiceMayHold) {
  EXPECT_TRUE(Within(bulkhead_, Bulkhead::kMost).ok());
}

TEST_F(BulkheadTest, RefusesOneMoreAtOnce) {
  const absl::Status refused = Within(bulkhead_, Bulkhead::kMost + 1).status();
  EXPECT_TRUE(absl::IsUnavailable(refused));
  EXPECT_EQ(rpc::ReasonOf(refused), "SERVICE_BUSY");
  EXPECT_TRUE(Within(bulkhead_, Bulkhead::kMost).ok()) << "all have left";
}

TEST_F(BulkheadTest, CountsWhatTheServiceDidNotAnswer) {
  EXPECT_FALSE(bulkhead_.Run([] { return absl::DeadlineExceededError("5 s"); }).ok());
  EXPECT_FALSE(bulkhead_.Run([] { return absl::UnavailableError("down"); }).ok());
  EXPECT_FALSE(bulkhead_.Run([] { return absl::NotFoundError("not yours"); }).ok());
  EXPECT_FALSE(Within(bulkhead_, Bulkhead::kMost + 1).ok());
  EXPECT_EQ(Counted("timeout"), "1");
  EXPECT_EQ(Counted("busy"), "1");
}

// The whole gateway over a registry that takes calls and answers none.
class HungRegistry : public ::testing::Test {
 protected:
  HungRegistry() {
    registry::v1::Client client;
    client.set_id("operator-1");
    client.set_role("operator");
    client.set_token_sha256(TokenHash("token"));
    access_.Apply(true, {client}, 1);
    api_.AddTo(router_);
    Server::Options options;
    options.listen = {"127.0.0.1", 0};
    options.handler_threads = Bulkheads::kThreads;
    server_ = *Server::Start(options, router_, metrics_);
    fleet_.Hang(true);
  }
  void TearDown() override { fleet_.Hang(false); }

  static std::string Get(const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token\r\nConnection: close\r\n\r\n";
  }
  std::string Ask(const std::string& path) {
    RawClient client(server_->port());
    client.Send(Get(path));
    return client.ReadUntil("");
  }

  testing::FakeFleet fleet_;
  testing::FakeAlerts alerts_;
  testing::FakeObservations observations_;
  AccessTable access_;
  const Authorizer authorizer_{access_};
  const Catalogue catalogue_;
  Sessions sessions_{authorizer_, SystemClock::Instance()};
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  LiveFeeds feeds_{Ports{fleet_, alerts_, observations_}, metrics_, SystemClock::Instance()};
  Api api_{{}, {authorizer_, catalogue_, sessions_, feeds_, {fleet_, alerts_, observations_}, metrics_}};
  Router router_;
  std::unique_ptr<Server> server_;
};

TEST_F(HungRegistry, HoldsUpItsOwnPathsOnly) {
  std::list<RawClient> stuck;
  for (int i = 0; i < Bulkhead::kMost; ++i) stuck.emplace_back(server_->port()).Send(Get("/api/v1/fleet"));
  ASSERT_TRUE(WaitFor([this] { return fleet_.waiting() == Bulkhead::kMost; }));
  EXPECT_THAT(Ask("/api/v1/fleet"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("SERVICE_BUSY"), HasSubstr("the device registry")));
  for (const char* path : {"/api/v1/alerts", "/api/v1/observations", "/api/v1/session"})
    EXPECT_THAT(Ask(path), StartsWith("HTTP/1.1 200")) << path;
  fleet_.Hang(false);
  for (RawClient& client : stuck) EXPECT_THAT(client.ReadUntil(""), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Ask("/api/v1/fleet"), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace nara::gateway
