#include "alert_router/stream_quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/rpc/error.h"

namespace nara::alert {
namespace {

using ::testing::HasSubstr;

class StreamQuotaTest : public ::testing::Test {
 protected:
  metrics::Registry registry_;
  Metrics metrics_{registry_};
};

TEST_F(StreamQuotaTest, AClientHasItsOwnShareAndNoMore) {
  StreamQuota quota("Attend", {.of_client = 2, .in_all = 10}, metrics_);
  auto first = quota.Take("a");
  const auto second = quota.Take("a");
  ASSERT_TRUE(first.ok() && second.ok());
  const absl::Status refused = quota.Take("a").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(rpc::ReasonOf(refused), "TOO_MANY_STREAMS");
  EXPECT_EQ(rpc::InfoOf(refused)->metadata.at("limit"), "2");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("end some of the client's own"));
  EXPECT_TRUE(quota.Take("b").ok()) << "which costs nobody else anything";
  first = absl::CancelledError("ended");
  EXPECT_TRUE(quota.Take("a").ok());
}

TEST_F(StreamQuotaTest, AllClientsTogetherHaveABoundToo) {
  StreamQuota quota("WatchAlerts", {.of_client = 2, .in_all = 3}, metrics_);
  std::vector<StreamQuota::Ticket> open;
  for (const char* client : {"a", "b", "c"}) open.push_back(*quota.Take(client));
  EXPECT_THAT(std::string(quota.Take("d").status().message()), HasSubstr("try again later"));
  open.pop_back();
  EXPECT_TRUE(quota.Take("d").ok());
}

}  // namespace
}  // namespace nara::alert
