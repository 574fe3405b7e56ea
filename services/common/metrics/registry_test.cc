#include "common/metrics/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Registry, TheSameNameAndLabelsAreTheSameMetric) {
  Registry registry;
  registry.AddCounter("nara_test_total", "Tests.", {{"result", "ok"}}).Increment();
  registry.AddCounter("nara_test_total", "Tests.", {{"result", "ok"}}).Increment();
  registry.AddCounter("nara_test_total", "Tests.", {{"result", "bad"}});
  EXPECT_THAT(registry.Text(), HasSubstr("nara_test_total{result=\"ok\"} 2"));
  EXPECT_THAT(registry.Text(), HasSubstr("nara_test_total{result=\"bad\"} 0"));
  EXPECT_THAT(registry.Names(), ElementsAre("nara_test_total"));
}

TEST(Registry, KeepsAllThreeKinds) {
  Registry registry;
  registry.AddGauge("nara_b", "B.").Set(1.5);
  registry.AddHistogram("nara_a_seconds", "A.", Latency()).Observe(0.02);
  registry.AddCounter("nara_c_total", "C.");
  EXPECT_THAT(registry.Names(), ElementsAre("nara_a_seconds", "nara_b", "nara_c_total"));
  EXPECT_THAT(registry.Text(), HasSubstr("nara_a_seconds_bucket{le=\"0.025\"} 1"));
}

TEST(Registry, AMirrorIsACounterThatIsSet) {
  Registry registry;
  registry.AddMirror("nara_d_total", "D.", {{"reason", "x"}}).Set(7);
  EXPECT_THAT(registry.Text(), HasSubstr("# TYPE nara_d_total counter\nnara_d_total{reason=\"x\"} 7"));
  registry.AddMirror("nara_d_total", "D.", {{"reason", "x"}}).Set(2);
  EXPECT_THAT(registry.Text(), HasSubstr("nara_d_total{reason=\"x\"} 2"));
}

TEST(Latency, HasAtMostTwelveBoundsWithThePromisesAmongThem) {
  EXPECT_LE(Latency().size(), 12);
  EXPECT_THAT(Latency(), testing::Contains(0.025));
  EXPECT_THAT(Latency(), testing::Contains(0.05));
}

}  // namespace
}  // namespace nara::metrics
