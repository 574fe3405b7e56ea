#include "data_broker/relabeller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data_broker/testing/fakes.h"

namespace nara::broker {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Relabeller::RoutePtr Route(const std::string& device, std::uint64_t revision) {
  auto route = std::make_shared<registry::v1::Route>();
  route->set_device(device);
  route->set_revision(revision);
  return route;
}

void AddPoint(registry::v1::Assignment& assignment, registry::v1::Purpose purpose, std::int64_t since,
              const std::string& unit) {
  auto& point = *assignment.add_responsibilities();
  point.set_purpose(purpose);
  point.mutable_since()->set_seconds(since);
  point.set_unit(unit);
}

class RelabellerTest : public ::testing::Test {
 protected:
  metrics::Registry registry_;
  Metrics metrics_{registry_};
  testing::FakeHistory history_;
  Relabeller relabeller_{metrics_, 2};
};

TEST_F(RelabellerTest, ChangePointsOfCareBecomePeriods) {
  registry::v1::Route route;
  auto& assignment = *route.add_assignments();
  assignment.set_id("as-1");
  AddPoint(assignment, registry::v1::PURPOSE_CARE, 200, "b");
  AddPoint(assignment, registry::v1::PURPOSE_CARE, 100, "a");
  AddPoint(assignment, registry::v1::PURPOSE_ALARM, 150, "c");
  const std::vector<Label> labels = LabelsOf(route);
  ASSERT_THAT(labels, SizeIs(2));
  EXPECT_EQ(labels[0].party.unit, "a");
  EXPECT_EQ(labels[0].since_us, 100'000'000);
  EXPECT_EQ(labels[0].until_us, 200'000'000);
  EXPECT_EQ(labels[1].party.unit, "b");
  EXPECT_FALSE(labels[1].until_us);
}

TEST_F(RelabellerTest, WorksInSmallPiecesAndRemembers) {
  relabeller_.Changed({Route("d-1", 1), Route("d-2", 1), Route("d-3", 1)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), SizeIs(2));
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), SizeIs(3));
}

TEST_F(RelabellerTest, ASnapshotAfterARestartCostsNothing) {
  relabeller_.Changed({Route("d-1", 4)});
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  Relabeller restarted(metrics_);
  restarted.Changed({Route("d-1", 4), Route("d-2", 5)});
  ASSERT_TRUE(restarted.Run(history_).ok());
  EXPECT_NE(registry_.Text().find("nara_broker_relabelled_devices_total 2"), std::string::npos);
}

TEST_F(RelabellerTest, WhatFailedIsDoneAgainInItsNewestForm) {
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  relabeller_.Changed({Route("d-1", 1)});
  history_.Down(true);
  EXPECT_FALSE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), IsEmpty());
  relabeller_.Changed({Route("d-1", 2)});
  history_.Down(false);
  ASSERT_TRUE(relabeller_.Run(history_).ok());
  EXPECT_THAT(history_.relabelled(), UnorderedElementsAre(Pair("d-1", 2U)));
}

}  // namespace
}  // namespace nara::broker
