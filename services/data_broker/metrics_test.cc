#include "data_broker/metrics.h"

#include <gtest/gtest.h>

#include "common/testing/readme.h"

namespace nara::broker {
namespace {

TEST(Metrics, HasTheNamesThatTheReadmeLists) {
  metrics::Registry registry;
  const Metrics metrics(registry);
  EXPECT_EQ(registry.Names(), nara::testing::MetricsInReadme("services/data_broker/README.md"));
}

}  // namespace
}  // namespace nara::broker
