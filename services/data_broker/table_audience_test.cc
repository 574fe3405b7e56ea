#include "data_broker/table_audience.h"

#include <gtest/gtest.h>

#include "common/testing/temp_dir.h"
#include "data_broker/testing/fakes.h"

namespace nara::broker {
namespace {

registry::v1::Route RouteOf(const std::string& device, std::uint64_t revision, const std::string& unit) {
  registry::v1::Route route;
  route.set_device(device);
  route.set_revision(revision);
  auto& assignment = *route.add_assignments();
  assignment.set_id("as-" + device);
  assignment.mutable_start_at()->set_seconds(testing::kNoon);
  auto& point = *assignment.add_responsibilities();
  point.set_purpose(registry::v1::PURPOSE_CARE);
  point.mutable_since()->set_seconds(testing::kNoon);
  point.set_principal("1480");
  point.set_unit(unit);
  return route;
}

class TableAudienceTest : public ::testing::Test {
 protected:
  // Appended now.
  CareRecord Record(const std::string& device, std::uint64_t route_revision, std::int64_t at = testing::kNoon) {
    CareRecord record;
    record.position.ms = static_cast<std::uint64_t>(absl::ToUnixMillis(clock_.Now()));
    record.assignment = "as-" + device;
    record.route_revision = route_revision;
    record.observation.set_device(device);
    record.observation.mutable_effective_at()->set_seconds(at);
    return record;
  }

  ManualClock clock_;
  RouteTable routes_{[this] { return SteadyTime(absl::ToChronoNanoseconds(clock_.Monotonic())); }};
  AccessTable clients_;
  PrivacyTable privacy_{[] { return SteadyTime(); }};
  TableAudience audience_{routes_, clients_, privacy_, clock_};
};

TEST_F(TableAudienceTest, KnowsWhoAnswersAtTheRecordsTime) {
  routes_.Apply(true, {RouteOf("a-1", 1, "unit-a")}, 1);
  EXPECT_EQ(audience_.HolderOf(Record("a-1", 1))->party, (Party{"1480", "unit-a"}));
  EXPECT_TRUE(audience_.HolderOf(Record("a-1", 1, testing::kNoon - 1))->party.nobody()) << "before its assignment";
  EXPECT_TRUE(audience_.HolderOf(Record("a-2", 1))->party.nobody()) << "no such device";
}

TEST_F(TableAudienceTest, AsksTheAuthorizerAboutProviderResidentAndUse) {
  registry::v1::Client care;
  care.set_id("care-b");
  care.set_role("care_unit");
  care.add_units("unit-b");
  clients_.Apply(true, {care}, 1);
  registry::v1::ResidentPrivacy privacy;
  privacy.set_resident("r-1");
  privacy.set_revision(2);
  auto& consent = *privacy.add_consents();
  consent.set_use(registry::v1::DATA_USE_CARE);
  consent.add_recipients()->set_unit("unit-b");
  privacy_.Apply(true, {privacy}, 2);
  privacy_.Confirmed(SteadyTime());
  const Party party{"1480", "unit-a", "provider-a"};
  EXPECT_EQ(audience_.ReachOf("care-b").residents, std::vector<std::string>{"r-1"});
  EXPECT_EQ(audience_.MayReceive("care-b", party, {"r-1", "scale"}), Audience::Answer::kYes);
  EXPECT_EQ(audience_.MayReceive("care-b", party, {"r-2", "scale"}), Audience::Answer::kNo);
  const TableAudience strict(routes_, clients_, privacy_, clock_, {"camera"});
  EXPECT_EQ(strict.MayReceive("care-b", {"1480", "unit-b", "provider-b"}, {"r-2", "camera"}),
            Audience::Answer::kBlocked)
      << "supervision without a consent";
  auto& block = *privacy.add_blocks();
  block.set_provider("provider-a");
  block.add_uses(registry::v1::DATA_USE_CARE);
  privacy.set_revision(3);
  privacy_.Apply(false, {privacy}, 3);
  EXPECT_EQ(audience_.MayReceive("care-b", party, {"r-1", "scale"}), Audience::Answer::kBlocked);
}

TEST_F(TableAudienceTest, SaysNothingBeforeTheFirstState) {
  EXPECT_FALSE(audience_.HolderOf(Record("a-1", 0)));
}

TEST_F(TableAudienceTest, SaysNothingOfARecordWithANewerRouteThanItsCopys) {
  routes_.Apply(true, {RouteOf("a-1", 1, "unit-a")}, 1);
  const CareRecord moved = Record("a-1", 2);
  const CareRecord added = Record("a-2", 3);
  EXPECT_FALSE(audience_.HolderOf(moved));
  routes_.Apply(false, {RouteOf("a-1", 2, "unit-b")}, 2);
  EXPECT_EQ(audience_.HolderOf(moved)->party.unit, "unit-b");
  EXPECT_FALSE(audience_.HolderOf(added));
  routes_.Apply(false, {RouteOf("a-2", 3, "unit-a")}, 3);
  EXPECT_EQ(audience_.HolderOf(added)->party.unit, "unit-a");
}

TEST_F(TableAudienceTest, WaitsForARouteForAsLongAsTheRegistryIsSilent) {
  routes_.Apply(true, {RouteOf("a-1", 1, "unit-a")}, 1);
  const CareRecord record = Record("a-1", 2);
  clock_.Advance(absl::Hours(24));
  EXPECT_FALSE(audience_.HolderOf(record));
}

TEST_F(TableAudienceTest, WaitsForTheStateThatIsLoadedToBeConfirmed) {
  const nara::testing::TempDir dir;
  RouteTable before;
  before.Apply(true, {RouteOf("a-1", 1, "unit-a")}, 1);
  ASSERT_TRUE(before.Save(dir.File("routes.pb")).ok());
  ASSERT_TRUE(routes_.Load(dir.File("routes.pb")).ok());
  EXPECT_EQ(audience_.HolderOf(Record("a-1", 1))->party.unit, "unit-a");
  const CareRecord record = Record("a-1", 2);
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(audience_.HolderOf(record));
}

TEST_F(TableAudienceTest, ARegistryThatIsHeardAndDoesNotKnowARouteHasLostIt) {
  routes_.Apply(true, {RouteOf("a-1", 1, "unit-a")}, 1);
  const CareRecord record = Record("a-1", 2);
  clock_.Advance(TableAudience::kPatience - absl::Seconds(1));
  routes_.Heard(1);
  EXPECT_FALSE(audience_.HolderOf(record)) << "it may still be on its way";
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(audience_.HolderOf(record)) << "not heard since";
  routes_.Heard(1);
  EXPECT_EQ(audience_.HolderOf(record)->party.unit, "unit-a");
}

}  // namespace
}  // namespace nara::broker
