#include "alert_router/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::alert {
namespace {

TEST(Metrics, HasTheNamesThatTheReadmeLists) {
  metrics::Registry registry;
  const Metrics metrics(registry);
  EXPECT_THAT(registry.Names(),
              ::testing::ElementsAre("nara_alerts_append_to_offer_seconds", "nara_alerts_history_total",
                                     "nara_alerts_links", "nara_alerts_log_entries_total",
                                     "nara_alerts_oldest_unrouted_seconds", "nara_alerts_store_failures_total",
                                     "nara_alerts_timer_lateness_seconds", "nara_alerts_watchers"));
}

}  // namespace
}  // namespace nara::alert
