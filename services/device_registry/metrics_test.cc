#include "device_registry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/testing/readme.h"

namespace nara::registry {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, HasTheNamesThatTheReadmeLists) {
  metrics::Registry registry;
  const Metrics metrics(registry);
  EXPECT_EQ(registry.Names(), nara::testing::MetricsInReadme("services/device_registry/README.md"));
}

TEST(Metrics, TellTheCallersFaultFromOurs) {
  metrics::Registry registry;
  Metrics metrics(registry);
  metrics.Called("GetDevice", absl::OkStatus(), std::chrono::milliseconds(1));
  metrics.Called("GetDevice", absl::NotFoundError("x"), std::chrono::milliseconds(1));
  metrics.Called("GetDevice", absl::UnavailableError("x"), std::chrono::milliseconds(1));
  for (const std::string result : {"ok", "refused", "failed"}) {
    EXPECT_THAT(registry.Text(),
                HasSubstr("nara_registry_calls_total{method=\"GetDevice\",result=\"" + result + "\"} 1"));
  }
}

}  // namespace
}  // namespace nara::registry
