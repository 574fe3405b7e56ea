#include "ingest/contact_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace nara::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kDevice = "bp-1";
const int kShard = ShardOf(kDevice);

absl::Time At(std::int64_t ms) {
  return absl::FromUnixMillis(1'771'310'000'000 + ms);
}
absl::Duration Since(std::int64_t ms) {
  return absl::Milliseconds(ms);
}
std::int64_t Ms(std::int64_t ms) {
  return absl::ToUnixMillis(At(ms));
}

TEST(ContactBook, TellsADeviceOnceAndAgainWhenItSpeaksAgain) {
  ContactBook book;
  book.Heard(kDevice, At(0));
  book.Heard(kDevice, At(10));
  EXPECT_THAT(book.Take(kShard, Since(20)).heard, ElementsAre(Pair(kDevice, Ms(10))));
  EXPECT_TRUE(book.Take(kShard, Since(60'000)).empty());
  book.Heard(kDevice, At(60'000));
  EXPECT_THAT(book.Take(kShard, Since(60'000)).heard, ElementsAre(Pair(kDevice, Ms(60'000))));
}

TEST(ContactBook, WhoSpeaksAllTheTimeIsToldEachFiveSecondsAndItsLastWordAlways) {
  ContactBook book;
  int told = 0;
  for (int ms = 0; ms < 60'000; ms += 100) {
    book.Heard(kDevice, At(ms));
    if (ms % 1'000 == 0) told += static_cast<int>(book.Take(kShard, Since(ms)).heard.size());
  }
  EXPECT_EQ(told, 12);
  EXPECT_THAT(book.Take(kShard, Since(60'000)).heard, ElementsAre(Pair(kDevice, Ms(59'900))));
}

TEST(ContactBook, WhatCouldNotBeToldIsDueAgainAtOnceAndNeverOlderThanWhatCameSince) {
  ContactBook book;
  book.Heard(kDevice, At(0));
  book.Lost("disp-1", At(5));
  const ContactBook::News first = book.Take(kShard, Since(10));
  book.Heard(kDevice, At(20));
  book.PutBack(kShard, first);
  EXPECT_THAT(book.Take(kShard, Since(30)).heard, ElementsAre(Pair(kDevice, Ms(20))));
}

TEST(ContactBook, ALastWillIsToldAtOnce) {
  ContactBook book;
  book.Lost(kDevice, At(0));
  const ContactBook::News news = book.Take(kShard, Since(1));
  EXPECT_THAT(news.lost, ElementsAre(Pair(kDevice, Ms(0))));
  EXPECT_THAT(news.heard, IsEmpty());
  EXPECT_TRUE(book.Take(kShard, Since(2)).empty());
}

TEST(ContactBook, ADeviceIsToldWithItsShard) {
  ContactBook book;
  std::size_t told = 0;
  for (int i = 0; i < 1'000; ++i) book.Heard(absl::StrCat("dev-", i), At(0));
  for (int shard = 0; shard < kShardCount; ++shard) {
    for (const auto& [device, at] : book.Take(shard, Since(1)).heard) {
      EXPECT_EQ(ShardOf(device), shard);
      ++told;
    }
  }
  EXPECT_EQ(told, 1'000U);
}

}  // namespace
}  // namespace nara::ingest
