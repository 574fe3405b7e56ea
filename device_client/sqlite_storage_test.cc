#include "device_client/sqlite_storage.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace nara::device_client {
namespace {

using telemetry::v1::LANE_ALARM;
using telemetry::v1::LANE_MEASUREMENT;

class SqliteStorageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = std::filesystem::temp_directory_path() / "outbox-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    Reopen();
  }

  void TearDown() override {
    file_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Reopen() {
    file_.reset();
    auto opened = SqliteFile::Open(path(), PowerCut::kMayLoseTheLast);
    ASSERT_TRUE(opened.ok()) << opened.status();
    file_ = *std::move(opened);
  }

  std::string path() const { return folder_ / "outbox.db"; }

  std::filesystem::path folder_;
  std::unique_ptr<SqliteFile> file_;
};

TEST_F(SqliteStorageTest, KeepsEpochsAndRecordsThroughARestart) {
  const uint64_t epoch = 0xFFFF'FFFF'FFFF'FFF0;
  {
    const auto storage = file_->Outbox("bp-1", LANE_MEASUREMENT);
    ASSERT_TRUE(storage->BeginEpoch(7).ok());
    ASSERT_TRUE(storage->BeginEpoch(epoch).ok());
    ASSERT_TRUE(storage->Put({epoch, 1, std::string("a\0b", 3)}).ok());
    ASSERT_TRUE(storage->Put({epoch, 2, "second"}).ok());
    ASSERT_TRUE(storage->Forget(epoch, 1).ok());
    ASSERT_TRUE(storage->EndEpoch(7).ok());
    ASSERT_TRUE(storage->BeginEpoch(3).ok());
  }
  Reopen();
  const auto kept = file_->Outbox("bp-1", LANE_MEASUREMENT)->Load();
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_EQ(kept->epochs.size(), 2);
  EXPECT_EQ(kept->epochs[0].epoch, epoch);
  EXPECT_EQ(kept->epochs[0].next_seq, 3);
  EXPECT_EQ(kept->epochs[1].epoch, 3);
  ASSERT_EQ(kept->records.size(), 1);
  EXPECT_EQ(kept->records[0].seq, 2);
  EXPECT_EQ(kept->records[0].body, "second");
}

TEST_F(SqliteStorageTest, KeepsDevicesAndLanesApart) {
  ASSERT_TRUE(file_->Outbox("bp-1", LANE_MEASUREMENT)->BeginEpoch(1).ok());
  EXPECT_TRUE(file_->Outbox("bp-1", LANE_ALARM)->Load()->epochs.empty());
  EXPECT_TRUE(file_->Outbox("bp-2", LANE_MEASUREMENT)->Load()->epochs.empty());
}

TEST_F(SqliteStorageTest, KeepsCommandsThroughARestart) {
  {
    const auto storage = file_->Outbox("bp-1", LANE_MEASUREMENT);
    ASSERT_TRUE(storage->KeepCommand({"c2", ""}).ok());
    ASSERT_TRUE(storage->KeepCommand({"c1", "refused"}).ok());
    ASSERT_TRUE(storage->KeepCommand({"c3", "done"}).ok());
    ASSERT_TRUE(storage->KeepCommand({"c2", "done"}).ok());
    ASSERT_TRUE(storage->ForgetCommand("c1").ok());
  }
  Reopen();
  const auto kept = file_->Outbox("bp-1", LANE_MEASUREMENT)->LoadCommands();
  ASSERT_TRUE(kept.ok()) << kept.status();
  ASSERT_EQ(kept->size(), 2);
  EXPECT_EQ(kept->at(0).id, "c2");
  EXPECT_EQ(kept->at(0).result, "done");
  EXPECT_EQ(kept->at(1).id, "c3");
  EXPECT_TRUE(file_->Outbox("bp-2", LANE_MEASUREMENT)->LoadCommands()->empty());
}

TEST_F(SqliteStorageTest, RefusesASequenceThatIsTaken) {
  const auto storage = file_->Outbox("bp-1", LANE_MEASUREMENT);
  ASSERT_TRUE(storage->BeginEpoch(1).ok());
  ASSERT_TRUE(storage->Put({1, 1, "one"}).ok());
  EXPECT_FALSE(storage->Put({1, 1, "another"}).ok());
  EXPECT_EQ(storage->Load()->records[0].body, "one");
}

TEST_F(SqliteStorageTest, IsReadableByItsOwnerOnly) {
  struct stat info{};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600);
}

TEST_F(SqliteStorageTest, SaysWhichFileCannotBeOpened) {
  const auto opened = SqliteFile::Open(folder_ / "no" / "such.db", PowerCut::kLosesNothing);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.status().message().find("such.db"), std::string::npos);
}

}  // namespace
}  // namespace nara::device_client
