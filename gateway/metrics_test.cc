#include "gateway/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/testing/readme.h"

namespace nara::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, HasTheNamesThatTheReadmeLists) {
  metrics::Registry registry;
  const Metrics metrics(registry);
  EXPECT_EQ(registry.Names(), nara::testing::MetricsInReadme("gateway/README.md"));
}

TEST(Metrics, CountsRequestsByRouteAndClassOfStatus) {
  metrics::Registry registry;
  Metrics metrics(registry);
  metrics.AddRoutes({"GET /api/v1/alerts/{id}"});
  metrics.Answered("GET /api/v1/alerts/{id}", 404, absl::Milliseconds(3));
  EXPECT_THAT(registry.Text(),
              HasSubstr(R"(nara_gateway_requests_total{route="GET /api/v1/alerts/{id}",status="4xx"} 1)"));
  EXPECT_THAT(registry.Text(),
              HasSubstr(R"(nara_gateway_request_seconds_bucket{route="GET /api/v1/alerts/{id}",le="0.005"} 1)"));
}

TEST(Metrics, MakesNoLabelOfARouteThatItDoesNotKnow) {
  metrics::Registry registry;
  Metrics metrics(registry);
  metrics.Answered("GET /invented", 200, absl::Milliseconds(3));
  metrics.Answered("web", 999, absl::Milliseconds(3));
  EXPECT_THAT(registry.Text(), Not(HasSubstr("invented")));
}

}  // namespace
}  // namespace nara::gateway
