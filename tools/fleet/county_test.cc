#include "tools/fleet/county.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <set>

#include "tools/fleet/apportion.h"

namespace nara::fleet {
namespace {

using ::testing::ElementsAre;

// 49 municipalities with the county's spread of sizes, and the region.
std::vector<CountyPrincipal> TestCounty() {
  std::vector<CountyPrincipal> principals{{"14", "Västra Götalandsregionen", 1'772'821},
                                          {"1480", "Göteborg", 608'993},
                                          {"1490", "Borås", 114'872},
                                          {"1481", "Mölndal", 71'420}};
  for (int i = 0; i < 46; ++i) {
    principals.push_back({std::to_string(1900 + i), "Kommun " + std::to_string(i), 4'600 + 1'250LL * i});
  }
  return principals;
}

TEST(Apportion, GivesWholePartsThatSumToTheTotal) {
  EXPECT_THAT(Apportion(10, {1, 1, 1}), ElementsAre(4, 3, 3));
  EXPECT_THAT(Apportion(3, {0, 5, 1}), ElementsAre(0, 3, 0));
  EXPECT_THAT(Apportion(3, {0, 0}), ElementsAre(0, 0));
  EXPECT_THAT(Apportion(0, {1, 2}), ElementsAre(0, 0));
}

TEST(County, HasTheProportionsOfTheStatusDeckForEverySeed) {
  const auto principals = TestCounty();
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto counts = CountCounty(principals, seed);
    int dispensers = 0;
    int measuring = 0;
    int with = 0;
    std::set<int> bins;
    for (size_t i = 1; i < counts.size(); ++i) {
      dispensers += counts[i].dispensers;
      measuring += counts[i].measuring;
      with += counts[i].dispensers > 0 ? 1 : 0;
      bins.insert(BinOf(counts[i].dispensers));
    }
    EXPECT_EQ(dispensers, 1346) << seed;
    EXPECT_EQ(with, 38) << seed;
    EXPECT_EQ(measuring, 600) << seed;
    EXPECT_THAT(bins, ElementsAre(0, 1, 2, 3, 4)) << seed;
    EXPECT_EQ(counts[0].dispensers, 10) << seed;
  }
}

TEST(County, BinsAreThoseOfTheDeck) {
  EXPECT_EQ(BinOf(0), 0);
  EXPECT_EQ(BinOf(9), 1);
  EXPECT_EQ(BinOf(10), 2);
  EXPECT_EQ(BinOf(50), 2);
  EXPECT_EQ(BinOf(51), 3);
  EXPECT_EQ(BinOf(100), 3);
  EXPECT_EQ(BinOf(101), 4);
}

TEST(County, IsTheSameForTheSameSeedAndAnotherForAnother) {
  const auto one = PlanCounty(TestCounty(), {.seed = 1, .devices = 300});
  const auto same = PlanCounty(TestCounty(), {.seed = 1, .devices = 300});
  const auto other = PlanCounty(TestCounty(), {.seed = 2, .devices = 300});
  ASSERT_EQ(one.devices.size(), same.devices.size());
  EXPECT_EQ(one.devices.back().resident, same.devices.back().resident);
  EXPECT_NE(one.devices.back().resident, other.devices.back().resident);
}

TEST(County, OfFewerDevicesIsAPartOfTheOneOfMore) {
  const auto all = PlanCounty(TestCounty(), {.seed = 2026, .devices = kCountyDevices});
  std::map<std::string, PlannedDevice> by_id;
  for (const PlannedDevice& device : all.devices) by_id[device.id] = device;
  for (const PlannedDevice& device : PlanCounty(TestCounty(), {.seed = 2026, .devices = 300}).devices) {
    ASSERT_TRUE(by_id.contains(device.id)) << device.id;
    EXPECT_EQ(by_id[device.id].product, device.product);
    EXPECT_EQ(by_id[device.id].unit, device.unit);
    EXPECT_EQ(by_id[device.id].resident, device.resident);
  }
}

TEST(County, CountsTheSamplesAmongTheDevicesOfTheirPrincipal) {
  const auto plan = PlanCounty(TestCounty(), {.seed = 2026, .devices = kCountyDevices});
  EXPECT_EQ(plan.devices.size(), static_cast<size_t>(kCountyDevices));
  int samples = 0;
  for (const PlannedDevice& device : plan.devices) {
    if (!device.sample) continue;
    ++samples;
    EXPECT_EQ(device.unit, kSampleUnit);
    EXPECT_NE(device.product, "dosell-simple");
  }
  EXPECT_EQ(samples, 14);
}

TEST(County, OfNoDevicesHasTheSamplesAndAllUnits) {
  const auto plan = PlanCounty(TestCounty(), {.seed = 2026, .devices = 0});
  EXPECT_EQ(plan.devices.size(), 14);
  std::set<std::string> with_units;
  for (const PlannedUnit& unit : plan.units) with_units.insert(unit.principal);
  EXPECT_EQ(with_units.size(), 50);
}

TEST(County, PutsEveryDeviceInAUnitOfItsPrincipalUnderAnIdOfItsOwn) {
  const auto plan = PlanCounty(TestCounty(), {.seed = 2026, .devices = kCountyDevices});
  std::map<std::string, std::string> principal_of;
  for (const PlannedUnit& unit : plan.units) principal_of[unit.id] = unit.principal;
  std::set<std::string> ids;
  for (const PlannedDevice& device : plan.devices) {
    ASSERT_TRUE(principal_of.contains(device.unit)) << device.unit;
    EXPECT_EQ(principal_of[device.unit], device.principal);
    EXPECT_TRUE(ids.insert(device.id).second) << device.id;
  }
}

}  // namespace
}  // namespace nara::fleet
