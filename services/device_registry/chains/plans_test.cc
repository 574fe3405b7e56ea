// Plans and limits of residents, on a real PostgreSQL.
#include "device_registry/chains/plans.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "common/rpc/error.h"
#include "device_registry/testing/county.h"

namespace nara::registry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kWeighing[] =
    "measurements { kind: 'body_weight' hours { hours { day: SCHEDULE_DAY_MONDAY from_minute: 420 to_minute: 600 } } } "
    "checks { id: 'night_1' hours { hours { day: SCHEDULE_DAY_SUNDAY from_minute: 1380 to_minute: 60 } } } "
    "limits { kind: 'body_weight' component: 'weight' low: '60.50' high: '72' unit: 'kg' } ";

template <typename T>
std::string Reason(const absl::StatusOr<T>& result) {
  return rpc::ReasonOf(result.status());
}

class PlansTest : public ::testing::Test {
 protected:
  PlansTest() { county_.Fill(); }

  absl::StatusOr<v1::PutPlanResponse> Put(const std::string& text, const std::string& who = "chef-1480") {
    v1::PutPlanRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, request.mutable_plan())) << text;
    if (request.plan().resident().empty()) request.mutable_plan()->set_resident("r-1");
    return county_.plans().PutPlan(county_.As(who), request);
  }
  absl::StatusOr<v1::GetPlanResponse> Get(std::uint32_t version, const std::string& who = "chef-1480",
                                          const std::string& resident = "r-1") {
    v1::GetPlanRequest request;
    request.set_resident(resident);
    request.set_version(version);
    return county_.plans().GetPlan(county_.As(who), request);
  }

  testing::County county_;
};

TEST_F(PlansTest, APlanIsVersionedAndNeverChangedInPlace) {
  const auto first = Put(std::string("version: 1 ") + kWeighing);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->plan().limits(0).low(), "60.50") << "as it was sent";
  EXPECT_EQ(Put(std::string("version: 1 ") + kWeighing)->plan().revision(), first->plan().revision()) << "a retry";
  EXPECT_EQ(Reason(Put("version: 1")), "STALE_VERSION");
  EXPECT_EQ(Reason(Put("version: 3")), "STALE_VERSION");
  ASSERT_TRUE(Put("version: 2").ok());
  EXPECT_EQ(Get(0)->plan().version(), 2u);
  EXPECT_EQ(Get(1)->plan().SerializeAsString(), first->plan().SerializeAsString());
  EXPECT_EQ(Reason(Get(3)), "UNKNOWN_PLAN");
  EXPECT_THAT(county_.Try("update registry.plans set content = '{}'"), HasSubstr("never changed in place"));
}

TEST_F(PlansTest, TheUnitThatAnswersForTheCareReadsAndWritesIt) {
  EXPECT_EQ(Reason(Put("version: 1", "care")), "UNKNOWN_RESIDENT");
  ASSERT_TRUE(county_.Assign("a-1", "bp-0001", "r-1", 1'700'000'000).ok());
  EXPECT_TRUE(Put("version: 1", "care").ok());
  EXPECT_TRUE(Get(0, "care").ok());
  EXPECT_EQ(Reason(Get(0, "chef-1490")), "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Get(0, "chef-1490", "no-such-one")), "UNKNOWN_RESIDENT");
  EXPECT_EQ(Reason(Get(0, "admin")), "FORBIDDEN") << "they are care data";
  EXPECT_EQ(Reason(Get(0, "watch")), "FORBIDDEN");
}

TEST_F(PlansTest, RefusesPlansThatMeanNothing) {
  const std::string hours = "hours { hours { day: SCHEDULE_DAY_MONDAY from_minute: 420 to_minute: 600 } } ";
  for (const std::string& content :
       {"measurements { kind: 'no_such_kind' " + hours + "}", "measurements { kind: 'dose_missed' " + hours + "}",
        std::string("measurements { kind: 'body_weight' }"), "checks { id: 'Night!' " + hours + "}",
        "checks { id: 'night' " + hours + "} checks { id: 'night' " + hours + "}",
        "measurements { kind: 'body_weight' " + hours + "from { seconds: 9 } until { seconds: 8 } }",
        std::string("limits { kind: 'body_weight' component: 'height' low: '1' unit: 'kg' }"),
        std::string("limits { kind: 'body_weight' component: 'weight' low: '60' unit: 'g' }"),
        std::string("limits { kind: 'body_weight' component: 'weight' unit: 'kg' }"),
        std::string("limits { kind: 'body_weight' component: 'weight' low: '6e1' unit: 'kg' }"),
        std::string("limits { kind: 'body_weight' component: 'weight' low: '0.5' unit: 'kg' }"),
        std::string("limits { kind: 'body_weight' component: 'weight' low: '70' high: '60' unit: 'kg' }"),
        std::string("limits { kind: 'body_weight' component: 'weight' low: '60' unit: 'kg' } "
                    "limits { kind: 'body_weight' component: 'weight' high: '70' unit: 'kg' }")}) {
    EXPECT_EQ(Reason(Put("version: 1 " + content)), "INVALID_FIELD") << content;
  }
  EXPECT_EQ(Reason(Put("")), "INVALID_FIELD") << "versions start from 1";
  EXPECT_EQ(county_.Ask("select count(*) from registry.plans"), "0");
}

TEST_F(PlansTest, ListsTheVersionsByPages) {
  for (int version = 1; version <= 3; ++version) ASSERT_TRUE(Put("version: " + std::to_string(version)).ok());
  v1::ListPlansRequest request;
  request.set_resident("r-1");
  request.set_page_size(2);
  const auto first = county_.plans().ListPlans(county_.As("chef-1480"), request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->plans_size(), 2);
  request.set_page_token(first->next_page_token());
  const auto second = county_.plans().ListPlans(county_.As("chef-1480"), request);
  ASSERT_EQ(second->plans_size(), 1);
  EXPECT_EQ(second->plans(0).version(), 3u);
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(PlansTest, TheNewestIsServedWithTheChains) {
  ASSERT_TRUE(Put(std::string("version: 1 ") + kWeighing).ok());
  ASSERT_TRUE(Put("version: 2").ok());
  ASSERT_TRUE(county_.CatchUp());
  auto writer = std::make_shared<testing::FakeWriter<v1::WatchChainsResponse>>();
  county_.feeds().chains.Open(writer, 0);
  const std::vector<v1::WatchChainsResponse> snapshot = writer->Take();
  ASSERT_EQ(snapshot.size(), 1u);
  ASSERT_EQ(snapshot[0].plans_size(), 1);
  EXPECT_EQ(snapshot[0].plans(0).version(), 2u);
}

TEST_F(PlansTest, OfTwoWhoStoreTheSameVersionOneIsTold) {
  std::vector<std::string> reasons(2);
  {
    const auto put = [&](std::size_t i, const std::string& content) {
      const auto response = Put("version: 1 " + content);
      reasons[i] = response.ok() ? "" : Reason(response);
    };
    const std::jthread one([&] { put(0, kWeighing); });
    const std::jthread other([&] { put(1, ""); });
  }
  std::sort(reasons.begin(), reasons.end());
  EXPECT_THAT(reasons, ElementsAre("", "STALE_VERSION"));
}

}  // namespace
}  // namespace nara::registry
