#include "device_client/sqlite_storage.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <random>

#include "device_client/outbox.h"

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

// A device that keeps records as fast as it can, and tells the sequence of each that Put has accepted.
[[noreturn]] void KeepUntilKilled(const std::string& path, int told) {
  const auto file = SqliteFile::Open(path, PowerCut::kMayLoseTheLast);
  const auto storage = (*file)->Outbox("bp-1", LANE_MEASUREMENT);
  const auto outbox = Outbox::Open(LANE_MEASUREMENT, {}, *storage, [] { return std::random_device{}(); });
  while (true) {
    const auto seq = (*outbox)->Put({});
    if (!seq.ok() || write(told, &*seq, sizeof(*seq)) != sizeof(*seq)) _exit(1);
  }
}

// The last of them, after `count` and whatever was under way; 0 when the device failed.
uint64_t KilledAfter(const std::string& path, int count) {
  int ends[2];
  if (pipe(ends) != 0) return 0;
  const pid_t child = fork();
  if (child == 0) KeepUntilKilled(path, ends[1]);
  close(ends[1]);
  uint64_t last = 0;
  for (int i = 0; i < count && read(ends[0], &last, sizeof(last)) == sizeof(last); ++i) {
  }
  kill(child, SIGKILL);
  while (read(ends[0], &last, sizeof(last)) == sizeof(last)) {
  }
  close(ends[0]);
  int result = 0;
  waitpid(child, &result, 0);
  return WIFSIGNALED(result) ? last : 0;
}

TEST_F(SqliteStorageTest, WhatWasAcceptedIsThereAfterKill9AndNoSequenceIsGivenTwice) {
  file_.reset();
  uint64_t before = 0;
  for (const int count : {1, 7, 40, 3, 100}) {
    const uint64_t last = KilledAfter(path(), count);
    ASSERT_GT(last, before) << "it goes on where it was";
    Reopen();
    const auto kept = file_->Outbox("bp-1", LANE_MEASUREMENT)->Load();
    ASSERT_TRUE(kept.ok()) << kept.status();
    ASSERT_EQ(kept->epochs.size(), 1u);
    const std::vector<KeptRecord>& records = kept->records;
    ASSERT_GE(records.size(), last) << "one that was not told yet may be there too";
    for (size_t i = 0; i < records.size(); ++i) ASSERT_EQ(records[i].seq, i + 1);
    EXPECT_EQ(kept->epochs[0].next_seq, records.size() + 1);
    before = records.size();
    file_.reset();
  }
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
