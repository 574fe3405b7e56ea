#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/routes/batch.h"
#include "common/routes/route_table.h"

namespace nara {
namespace {

using registry::v1::Chain;
using registry::v1::Route;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
namespace fs = std::filesystem;

Route Device(const std::string& device, std::uint64_t revision, const std::string& product = "bp-meter") {
  Route route;
  route.set_device(device);
  route.set_product(product);
  route.set_revision(revision);
  return route;
}

Chain ChainOf(const std::string& unit, std::uint32_t version) {
  Chain chain;
  chain.set_unit(unit);
  chain.set_version(version);
  chain.set_revision(version);
  return chain;
}

std::vector<std::string> Devices(const RouteTable& table) {
  std::vector<std::string> devices;
  for (const auto& route : table.All()) devices.push_back(route->device());
  return devices;
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "tableXXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

TEST(WatchedTable, AChangeReplacesAndASnapshotForgets) {
  RouteTable table;
  EXPECT_FALSE(table.ready());
  table.Apply(true, {Device("dev-1", 1), Device("dev-2", 2)}, 2);
  table.Apply(false, {Device("dev-2", 3, "scale")}, 3);
  EXPECT_EQ(table.Find("dev-2")->product(), "scale");
  EXPECT_EQ(table.revision(), 3u);
  table.Apply(true, {Device("dev-3", 1)}, 1);
  EXPECT_THAT(Devices(table), ElementsAre("dev-3"));
  EXPECT_EQ(table.revision(), 1u) << "a registry that began anew starts its revisions anew";
}

TEST(WatchedTable, AnOlderFormNeverReplacesANewerOne) {
  RouteTable table;
  table.Apply(true, {Device("dev-1", 5, "scale")}, 5);
  table.Apply(false, {Device("dev-1", 4, "bp-meter")}, 5);
  EXPECT_EQ(table.Find("dev-1")->product(), "scale");
}

TEST(WatchedTable, ARouteThatIsHeldStaysAsItWas) {
  RouteTable table;
  table.Apply(true, {Device("dev-1", 1)}, 1);
  const RouteTable::Pointer held = table.Find("dev-1");
  table.Apply(true, {}, 2);
  EXPECT_EQ(held->device(), "dev-1");
  EXPECT_EQ(table.Find("dev-1"), nullptr);
}

TEST(WatchedTable, TellsListenersWhatChanged) {
  RouteTable table;
  std::vector<std::string> told;
  table.OnChange([&](const std::vector<RouteTable::Pointer>& changed) {
    for (const auto& route : changed) told.push_back(route->device());
  });
  table.Apply(true, {Device("dev-1", 1)}, 1);
  table.Apply(false, {Device("dev-2", 2)}, 2);
  table.Heard(3);
  EXPECT_THAT(told, ElementsAre("dev-1", "dev-2"));
}

TEST(WatchedTable, KnowsForHowLongTheRegistryWasSilent) {
  SteadyTime now{};
  RouteTable table([&] { return now; });
  EXPECT_FALSE(table.fresh(std::chrono::hours(1)));
  table.Heard(1);
  now += std::chrono::milliseconds(1000);
  EXPECT_TRUE(table.fresh(std::chrono::seconds(1)));
  now += std::chrono::nanoseconds(1);
  EXPECT_FALSE(table.fresh(std::chrono::seconds(1)));
}

TEST(WatchedTable, ComesBackFromItsFile) {
  const Folder folder;
  RouteTable before;
  before.Apply(true, {Device("dev-1", 1), Device("dev-2", 7)}, 9);
  ASSERT_TRUE(before.Save(folder.File("routes.pb")).ok());
  struct stat info{};
  ASSERT_EQ(stat(folder.File("routes.pb").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  RouteTable after;
  ASSERT_TRUE(after.Load(folder.File("routes.pb")).ok());
  EXPECT_THAT(Devices(after), UnorderedElementsAre("dev-1", "dev-2"));
  EXPECT_EQ(after.revision(), 9u);
  EXPECT_TRUE(after.ready());
  EXPECT_FALSE(after.fresh(std::chrono::hours(1))) << "a file is not the registry";
}

TEST(WatchedTable, RefusesADamagedFileAndKeepsWhatItHas) {
  const Folder folder;
  RouteTable table;
  table.Apply(true, {Device("dev-1", 1)}, 1);
  ASSERT_TRUE(table.Save(folder.File("good")).ok());
  std::ostringstream content;
  content << std::ifstream(folder.File("good"), std::ios::binary).rdbuf();
  const std::string good = content.str();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    std::ofstream(folder.File("bad"), std::ios::binary) << bad;
    EXPECT_TRUE(absl::IsDataLoss(table.Load(folder.File("bad")))) << i;
    std::ofstream(folder.File("short"), std::ios::binary) << good.substr(0, i);
    EXPECT_TRUE(absl::IsDataLoss(table.Load(folder.File("short")))) << i;
  }
  EXPECT_TRUE(absl::IsNotFound(table.Load(folder.File("none"))));
  EXPECT_THAT(Devices(table), ElementsAre("dev-1"));
}

TEST(WatchedTable, ASaveThatFailsLeavesTheOldFile) {
  const Folder folder;
  RouteTable table;
  EXPECT_FALSE(table.Save(folder.File("no/such/folder")).ok());
}

TEST(ChainTable, KeepsEveryVersionAndKnowsTheNewest) {
  ChainTable table;
  table.Apply(true, {ChainOf("care-1", 2), ChainOf("care-1", 1), ChainOf("care-2", 1)}, 3);
  EXPECT_EQ(table.Current("care-1")->version(), 2u);
  EXPECT_EQ(table.Find("care-1/1")->version(), 1u);
  EXPECT_EQ(table.Find("care-1/3"), nullptr);
  table.Apply(false, {ChainOf("care-1", 3)}, 4);
  EXPECT_EQ(table.Current("care-1")->version(), 3u);
  table.Apply(true, {}, 5);
  EXPECT_EQ(table.Current("care-1"), nullptr);
}

TEST(WatchBatch, ShowsNothingBeforeAStateIsComplete) {
  RouteTable table;
  WatchBatch<Route> batch;
  EXPECT_FALSE(batch.Add(table, true, {Device("dev-1", 1)}, false, 2));
  EXPECT_EQ(table.size(), 0u);
  EXPECT_TRUE(batch.Add(table, false, {Device("dev-2", 2)}, true, 2));
  EXPECT_EQ(table.size(), 2u);
  EXPECT_FALSE(batch.Add(table, false, {}, true, 5)) << "a heartbeat";
  EXPECT_EQ(table.revision(), 5u);
}

TEST(WatchBatch, ASnapshotThatBeginsAgainForgetsItsFirstAttempt) {
  RouteTable table;
  WatchBatch<Route> batch;
  batch.Add(table, true, {Device("dev-1", 1)}, false, 1);
  batch.Add(table, true, {Device("dev-2", 2)}, true, 2);
  EXPECT_THAT(Devices(table), ElementsAre("dev-2"));
}

}  // namespace
}  // namespace nara
