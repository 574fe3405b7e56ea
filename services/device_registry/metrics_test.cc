#include "device_registry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Metrics, AreTheseAndNoOthers) {
  metrics::Registry registry;
  const Metrics metrics(registry);
  EXPECT_THAT(registry.Names(),
              ElementsAre("nara_registry_call_seconds", "nara_registry_calls_total", "nara_registry_revision",
                          "nara_registry_revocations_in_force", "nara_registry_store_up"));
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
