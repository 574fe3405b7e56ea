#include "alert_router/metrics.h"

#include <gtest/gtest.h>

#include "common/testing/readme.h"

namespace nara::alert {
namespace {

TEST(Metrics, HasTheNamesThatTheReadmeLists) {
  metrics::Registry registry;
  const Metrics metrics(registry);
  EXPECT_EQ(registry.Names(), nara::testing::MetricsInReadme("services/alert_router/README.md"));
}

}  // namespace
}  // namespace nara::alert
