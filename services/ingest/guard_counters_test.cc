#include "ingest/guard_counters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nara::ingest {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class GuardCountersTest : public ::testing::Test {
 protected:
  metrics::Registry registry_;
  GuardCounters counters_{registry_};
};

TEST_F(GuardCountersTest, AreNotThereBeforeTheGuardHasSpoken) {
  EXPECT_THAT(registry_.Names(), IsEmpty());
}

TEST_F(GuardCountersTest, AreWhatTheGuardSays) {
  counters_.Take(R"({"topic":3,"will":0,"cut":1})");
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_guard_refusals_total{reason=\"topic\"} 3"));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_guard_refusals_total{reason=\"will\"} 0"));
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_guard_refusals_cut_total 1"));
  EXPECT_THAT(registry_.Text(), Not(HasSubstr("reason=\"cut\"")));
}

TEST_F(GuardCountersTest, StartAgainWithTheMqttServer) {
  counters_.Take(R"({"topic":3})");
  counters_.Take(R"({"topic":1})");
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_guard_refusals_total{reason=\"topic\"} 1"));
}

TEST_F(GuardCountersTest, IgnoreWhatTheyCannotRead) {
  counters_.Take(R"({"topic":3})");
  for (const char* bad : {"", "{", "[]", "7", R"({"topic":"9"})", R"({"topic":{}})"}) counters_.Take(bad);
  EXPECT_THAT(registry_.Text(), HasSubstr("nara_guard_refusals_total{reason=\"topic\"} 3"));
}

}  // namespace
}  // namespace nara::ingest
