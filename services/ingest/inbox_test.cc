#include "ingest/inbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ingest/frame_codec.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::FromUnixMicros(1'767'225'600'123'456);

class InboxTest : public ::testing::Test {
 protected:
  InboxTest() {
    std::string name = ::testing::TempDir() + "/inbox-XXXXXX";
    options_.dir = mkdtemp(name.data());
  }
  ~InboxTest() override { std::filesystem::remove_all(options_.dir); }

  std::unique_ptr<Inbox> Open() {
    auto inbox = Inbox::Open(options_);
    EXPECT_TRUE(inbox.ok()) << inbox.status();
    return std::move(*inbox);
  }

  static void Put(Inbox& inbox, const std::string& payload) {
    const absl::Status status = inbox.Append({kNow}, "nara/v1/07/d/up", payload);
    ASSERT_TRUE(status.ok()) << status;
  }

  // Payloads from the watermark to the end; counts what was torn in torn_.
  std::vector<std::string> All(const Inbox& inbox, std::size_t max_bytes = 1 << 20) {
    std::vector<std::string> payloads;
    std::uint64_t position = inbox.released();
    while (position < inbox.end()) {
      auto batch = inbox.Read(position, max_bytes);
      EXPECT_TRUE(batch.ok()) << batch.status();
      EXPECT_GT(batch->next_position, position) << "reading must go on";
      for (const Frame& frame : batch->frames) payloads.emplace_back(frame.payload);
      torn_ += batch->torn;
      position = batch->next_position;
    }
    return payloads;
  }

  std::vector<std::filesystem::path> Segments() const {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(options_.dir)) {
      if (entry.path().extension() == ".seg") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void FillSegments(Inbox& inbox, int count) {
    const std::string big(100'000, 'x');
    while (static_cast<int>(Segments().size()) < count) Put(inbox, big);
  }

  InboxOptions options_;
  int torn_ = 0;
};

TEST_F(InboxTest, GivesBackWhatItTook) {
  auto inbox = Open();
  ASSERT_TRUE(inbox->Append({kNow}, "nara/v1/07/bp-1/up", std::string("a\0b", 3)).ok());
  auto batch = inbox->Read(inbox->released(), 1 << 20);
  ASSERT_TRUE(batch.ok());
  ASSERT_EQ(batch->frames.size(), 1u);
  EXPECT_EQ(batch->frames[0].topic, "nara/v1/07/bp-1/up");
  EXPECT_EQ(batch->frames[0].payload, std::string_view("a\0b", 3));
  EXPECT_EQ(batch->frames[0].arrival.at, kNow);
  EXPECT_FALSE(batch->frames[0].arrival.in_doubt);
  EXPECT_EQ(batch->frames[0].next_position, inbox->end());
}

TEST_F(InboxTest, RemembersThatOurClockWasInDoubt) {
  ASSERT_TRUE(Open()->Append({kNow, true}, "nara/v1/07/bp-1/up", "x").ok());
  const auto batch = Open()->Read(0, 1 << 20);
  ASSERT_EQ(batch->frames.size(), 1u);
  EXPECT_EQ(batch->frames[0].arrival.at, kNow);
  EXPECT_TRUE(batch->frames[0].arrival.in_doubt);
  EXPECT_EQ(batch->frames[0].topic, "nara/v1/07/bp-1/up");
}

TEST_F(InboxTest, ReplaysFromTheWatermarkAfterACrash) {
  {
    auto inbox = Open();
    for (const char* payload : {"one", "two", "three"}) Put(*inbox, payload);
    auto batch = inbox->Read(0, 1 << 20);
    inbox->Release(batch->frames[0].next_position);
    ASSERT_TRUE(inbox->Save().ok());
  }
  EXPECT_THAT(All(*Open()), ElementsAre("two", "three"));
}

TEST_F(InboxTest, AWatermarkThatWasNotSavedCostsReadingAgain) {
  auto inbox = Open();
  Put(*inbox, "one");
  inbox->Release(inbox->end());
  EXPECT_THAT(All(*Open()), ElementsAre("one")) << "a second look at the same files, as after kill -9";
}

TEST_F(InboxTest, KnowsSinceWhenItsOldestFrameWaits) {
  auto inbox = Open();
  EXPECT_EQ(*inbox->OldestArrival(), absl::InfiniteFuture());
  ASSERT_TRUE(inbox->Append({kNow}, "t", "one").ok());
  ASSERT_TRUE(inbox->Append({kNow + absl::Seconds(1)}, "t", "two").ok());
  EXPECT_EQ(*inbox->OldestArrival(), kNow);
  inbox->Release(inbox->Read(0, 1 << 20)->frames[0].next_position);
  EXPECT_EQ(*inbox->OldestArrival(), kNow + absl::Seconds(1));
  inbox->Release(inbox->end());
  EXPECT_EQ(*inbox->OldestArrival(), absl::InfiniteFuture());
}

TEST_F(InboxTest, TheOldestFrameMayBeInTheNextFile) {
  auto inbox = Open();
  FillSegments(*inbox, 2);
  const InboxBatch first = *inbox->Read(0, options_.segment_bytes);
  ASSERT_LT(first.frames.back().next_position, inbox->end());
  inbox->Release(first.frames.back().next_position);
  EXPECT_EQ(*inbox->OldestArrival(), kNow);
}

TEST_F(InboxTest, ADamagedWatermarkMeansTheOldestFrame) {
  {
    auto inbox = Open();
    Put(*inbox, "one");
    inbox->Release(inbox->end());
  }
  std::ofstream(options_.dir + "/released", std::ios::binary) << "garbage of sixteen bytes";
  EXPECT_THAT(All(*Open()), ElementsAre("one"));
}

TEST_F(InboxTest, SurvivesACutAtEveryByte) {
  std::size_t size = 0;
  std::vector<std::size_t> ends;
  {
    auto inbox = Open();
    for (const char* payload : {"first", "", "the third payload"}) {
      Put(*inbox, payload);
      ends.push_back(inbox->end());
    }
    size = inbox->end();
  }
  const auto path = Segments().front();
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  for (std::size_t cut = 0; cut <= size; ++cut) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.substr(0, cut);
    auto inbox = Open();
    const auto whole = std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= cut; });
    EXPECT_EQ(All(*inbox).size(), static_cast<std::size_t>(whole)) << "cut at " << cut;
    Put(*inbox, "after the crash");
    EXPECT_EQ(All(*inbox).back(), "after the crash") << "cut at " << cut;
  }
}

TEST_F(InboxTest, SurvivesAFlippedByteAtEveryPlace) {
  std::size_t size = 0;
  {
    auto inbox = Open();
    for (const char* payload : {"first", "second"}) Put(*inbox, payload);
    size = inbox->end();
  }
  const auto path = Segments().front();
  for (std::size_t place = 0; place < size; ++place) {
    auto flip = [&] {
      std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
      file.seekg(static_cast<std::streamoff>(place));
      const char byte = static_cast<char>(file.get() ^ 0x41);
      file.seekp(static_cast<std::streamoff>(place));
      file.put(byte);
    };
    auto inbox = Open();
    flip();
    const auto payloads = All(*inbox);
    EXPECT_LE(payloads.size(), 1u) << "flipped at " << place;
    EXPECT_GE(torn_, 1);
    flip();
    torn_ = 0;
  }
}

TEST_F(InboxTest, ATornEndOfAnOlderFileIsSkippedAndCounted) {
  auto inbox = Open();
  Put(*inbox, "kept");
  const std::uint64_t end = inbox->end();
  FillSegments(*inbox, 2);
  inbox.reset();
  {
    std::fstream file(Segments().front(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(end) + 20);
    file << "damage";
  }
  inbox = Open();
  const auto payloads = All(*inbox);
  EXPECT_EQ(payloads.front(), "kept");
  EXPECT_GE(payloads.size(), 2u) << "what the second file holds";
  EXPECT_EQ(torn_, 1);
}

TEST_F(InboxTest, KeepsOrderOverManyFilesAndSmallReads) {
  options_.max_bytes = 1 << 30;
  auto inbox = Open();
  std::vector<std::string> sent;
  for (int i = 0; i < 60; ++i) {
    sent.push_back(absl::StrCat(i, ":", std::string(static_cast<std::size_t>(i) * 2000, 'x')));
    Put(*inbox, sent.back());
  }
  EXPECT_GT(Segments().size(), 3u);
  EXPECT_EQ(All(*inbox, 1), sent);
  inbox.reset();
  EXPECT_EQ(All(*Open(), 300'000), sent);
}

TEST_F(InboxTest, RemovesFilesThatAreReleased) {
  auto inbox = Open();
  FillSegments(*inbox, 4);
  inbox->Release(inbox->end());
  EXPECT_LE(Segments().size(), 2u);
  EXPECT_EQ(inbox->used(), 0u);
  Put(*inbox, "goes on");
  EXPECT_THAT(All(*inbox), ElementsAre("goes on"));
}

TEST_F(InboxTest, KeepsWhatIsReleasedForATime) {
  options_.keep = absl::Seconds(60);
  options_.keep_bytes = 16 << 20;
  auto inbox = Open();
  Put(*inbox, "old");
  inbox->Release(inbox->end(), absl::Seconds(1));
  const std::uint64_t young = inbox->end();
  Put(*inbox, "young");
  inbox->Release(inbox->end(), absl::Seconds(50));
  EXPECT_EQ(inbox->kept(), 0u);
  inbox->Release(inbox->end(), absl::Seconds(70));
  EXPECT_EQ(inbox->kept(), young);
  EXPECT_EQ(inbox->Read(inbox->kept(), 1 << 20)->frames.at(0).payload, "young");
  inbox->Release(inbox->end(), absl::Seconds(150));
  EXPECT_EQ(inbox->kept(), inbox->end());
}

TEST_F(InboxTest, RemovesWhatIsKeptAtItsTimeAndNotWhileItIsReadAgain) {
  options_.keep = absl::Seconds(60);
  options_.keep_bytes = 16 << 20;
  auto inbox = Open();
  FillSegments(*inbox, 4);
  inbox->Release(inbox->end(), absl::Seconds(1));
  inbox->Release(inbox->end(), absl::Seconds(2));
  EXPECT_EQ(Segments().size(), 4u);
  inbox->Release(inbox->kept(), absl::Seconds(100));
  EXPECT_EQ(Segments().size(), 4u) << "it is read again";
  inbox->Release(inbox->end(), absl::Seconds(101));
  EXPECT_EQ(Segments().size(), 1u);
}

TEST_F(InboxTest, KeepsNoMoreThanItMay) {
  options_.keep = absl::Seconds(60);
  options_.keep_bytes = 2 << 20;
  auto inbox = Open();
  FillSegments(*inbox, 6);
  inbox->Release(inbox->end(), absl::Seconds(1));
  EXPECT_LE(inbox->released() - inbox->kept(), options_.keep_bytes);
  EXPECT_FALSE(inbox->Read(inbox->kept(), 1)->frames.empty()) << "a frame begins there";
  EXPECT_LE(Segments().size(), 3u);
}

TEST_F(InboxTest, WhatIsKeptIsKnownAfterARestart) {
  options_.keep = absl::Seconds(60);
  options_.keep_bytes = 16 << 20;
  auto inbox = Open();
  Put(*inbox, "gone");
  inbox->Release(inbox->end(), absl::Seconds(1));
  Put(*inbox, "kept");
  inbox->Release(inbox->end(), absl::Seconds(70));
  inbox->Release(inbox->end(), absl::Seconds(70));
  const std::uint64_t kept = inbox->kept();
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, inbox->released());
  inbox = nullptr;
  inbox = Open();
  EXPECT_EQ(inbox->kept(), kept);
  EXPECT_EQ(inbox->released(), inbox->end());
  inbox = nullptr;
  options_.keep = absl::ZeroDuration();
  inbox = Open();
  EXPECT_EQ(inbox->kept(), inbox->released()) << "nothing is, when nothing is to be kept";
}

TEST_F(InboxTest, SaysThatItIsFullAndTakesAgainWhenReleased) {
  options_.max_bytes = 400'000;
  auto inbox = Open();
  const std::string big(100'000, 'x');
  absl::Status status;
  while ((status = inbox->Append({kNow}, "t", big)).ok()) {
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_GT(inbox->fullness(), 0.7);
  inbox->Release(inbox->end());
  EXPECT_EQ(inbox->fullness(), 0.0);
  EXPECT_TRUE(inbox->Append({kNow}, "t", big).ok());
}

TEST_F(InboxTest, RefusesAFrameThatIsLargerThanAnythingTheServerLetsThrough) {
  auto inbox = Open();
  EXPECT_TRUE(inbox->Append({kNow}, "t", std::string(kMaxPayload, 'x')).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(inbox->Append({kNow}, "t", std::string(kMaxPayload + 1, 'x'))));
  EXPECT_TRUE(absl::IsInvalidArgument(inbox->Append({kNow}, std::string(kMaxTopic + 1, 't'), "x")));
}

TEST_F(InboxTest, PreparesTheNextFileAheadOfNeed) {
  auto inbox = Open();
  ASSERT_TRUE(inbox->Prepare().ok());
  EXPECT_EQ(Segments().size(), 1u) << "not before the file is half full";
  for (int i = 0; i < 6; ++i) Put(*inbox, std::string(100'000, 'x'));
  ASSERT_TRUE(inbox->Prepare().ok());
  EXPECT_EQ(Segments().size(), 2u);
  EXPECT_EQ(All(*inbox).size(), 6u);
}

TEST_F(InboxTest, AFullDiskIsAnErrorAndNotASignal) {
  auto inbox = Open();
  Put(*inbox, "kept");
  // The limit on the size of a file stands for a full disk: the next file cannot be allocated.
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{(1 << 20) - 1, (1 << 20) - 1};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string big(100'000, 'x');
    absl::Status status;
    for (int i = 0; i < 20 && status.ok(); ++i) status = inbox->Append({kNow}, "t", big);
    _exit(!status.ok() && !inbox->Prepare().ok() ? 0 : 1);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_TRUE(WIFEXITED(result)) << "by signal " << WTERMSIG(result);
  EXPECT_EQ(WEXITSTATUS(result), 0);
  EXPECT_EQ(All(*Open()).front(), "kept");
}

TEST_F(InboxTest, NothingIsLostWhenTheProcessDiesBetweenTwoAppends) {
  const pid_t child = fork();
  if (child == 0) {
    auto inbox = Inbox::Open(options_);
    for (int i = 0; i < 1000; ++i) {
      if (!(*inbox)->Append({kNow}, "t", absl::StrCat(i)).ok()) _exit(1);
    }
    kill(getpid(), SIGKILL);
  }
  int result = 0;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  ASSERT_TRUE(WIFSIGNALED(result));
  const auto payloads = All(*Open());
  ASSERT_EQ(payloads.size(), 1000u);
  EXPECT_EQ(payloads.back(), "999");
}

TEST_F(InboxTest, OneThreadWritesWhileAnotherReads) {
  options_.max_bytes = 4 << 20;
  auto inbox = Open();
  constexpr int kFrames = 20'000;
  std::jthread writer([&] {
    for (int i = 0; i < kFrames;) {
      if (inbox->Append({kNow}, "nara/v1/07/d/up", absl::StrCat(i, std::string(200, 'x'))).ok()) ++i;
    }
  });
  int seen = 0;
  std::uint64_t position = 0;
  while (seen < kFrames) {
    auto batch = inbox->Read(position, 64 << 10);
    ASSERT_TRUE(batch.ok()) << batch.status();
    ASSERT_EQ(batch->torn, 0);
    for (const Frame& frame : batch->frames) ASSERT_TRUE(frame.payload.starts_with(absl::StrCat(seen++, "x").c_str()));
    position = batch->next_position;
    inbox->Release(position);
  }
}

TEST(FrameCodec, AFrameAtAnotherPositionIsTorn) {
  const FramePrefix prefix = EncodeFramePrefix(100, {kNow}, "t", "p");
  const std::string bytes = std::string(prefix.data(), prefix.size()) + "tp";
  EXPECT_EQ(ParseFrame(bytes, 100).state, FrameState::kFrame);
  EXPECT_EQ(ParseFrame(bytes, 101).state, FrameState::kTorn);
}

}  // namespace
}  // namespace nara::ingest
