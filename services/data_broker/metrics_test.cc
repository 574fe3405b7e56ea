#include "data_broker/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::broker {
namespace {

TEST(Metrics, HasTheNamesThatTheReadmeLists) {
  metrics::Registry registry;
  const Metrics metrics(registry);
  EXPECT_THAT(registry.Names(),
              ::testing::ElementsAre(
                  "nara_broker_catch_up_failures_total", "nara_broker_catch_ups_total",
                  "nara_broker_cursors_refused_total", "nara_broker_delivered_total", "nara_broker_delivery_seconds",
                  "nara_broker_failures_total", "nara_broker_history_commit_seconds", "nara_broker_history_rows_total",
                  "nara_broker_lag_seconds", "nara_broker_relabelled_devices_total", "nara_broker_routes_awaited_total",
                  "nara_broker_subscribers", "nara_broker_unreadable_entries_total", "nara_broker_withheld_total"));
}

}  // namespace
}  // namespace nara::broker
