#include "device_registry/metrics.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <chrono>
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

TEST(Metrics, KnowEveryCall) {
  metrics::Registry registry;
  Metrics metrics(registry);
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("nara.registry.v1.DeviceRegistryService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    metrics.Called(service->method(i)->name(), absl::OkStatus(), std::chrono::milliseconds(1));
    EXPECT_THAT(registry.Text(), HasSubstr("method=\"" + service->method(i)->name() + "\",result=\"ok\"} 1"));
  }
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
