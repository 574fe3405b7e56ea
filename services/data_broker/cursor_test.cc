#include "data_broker/cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "data_broker/varint.h"

namespace nara::broker {
namespace {

const Seal kSeal(std::string(32, 'k'));

Place Scattered(unsigned seed) {
  std::mt19937_64 random(seed);
  Place place;
  place.notice = random() % 100'000;
  for (Position& position : place.logs) {
    if (random() % 4 == 0) continue;
    position = {1'771'329'600'000 + random() % 100'000'000, random() % 5};
  }
  return place;
}

TEST(Cursor, ComesBackAsItWas) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Place place = Scattered(seed);
    const auto read = ReadCursor(kSeal, "care-1480-1", MakeCursor(kSeal, "care-1480-1", place));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, place);
  }
}

TEST(Cursor, KeepsTheExtremes) {
  Place place{.logs = {}, .notice = std::numeric_limits<std::uint64_t>::max()};
  place.logs[LogAt(3)] = {std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint64_t>::max()};
  EXPECT_EQ(*UnpackPlace(PackPlace(place)), place);
}

TEST(Cursor, OfBeforeThereWereNoticesBeginsThemAnew) {
  const Place place = Scattered(3);
  std::string bytes = PackPlace({.logs = place.logs, .notice = 0});
  bytes.front() = 1;
  bytes.pop_back();
  const auto read = ReadCursor(kSeal, "a", kSeal.Close("cursor", "a", bytes));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->logs, place.logs);
  EXPECT_EQ(read->notice, 0U);
}

TEST(Cursor, IsShortAndSafeInAUrl) {
  const std::string cursor = MakeCursor(kSeal, "care-1480-1", Scattered(1));
  EXPECT_LT(cursor.size(), 350U);
  EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(Cursor, OfAnotherCallerIsRefused) {
  const std::string cursor = MakeCursor(kSeal, "care-1480-1", Scattered(1));
  EXPECT_EQ(ReadCursor(kSeal, "care-1481-1", cursor).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Cursor, OfAnotherKeyIsRefused) {
  const Seal other(std::string(32, 'o'));
  EXPECT_FALSE(ReadCursor(other, "a", MakeCursor(kSeal, "a", Scattered(1))).ok());
}

TEST(Cursor, ChangedAnywhereIsRefused) {
  const std::string cursor = MakeCursor(kSeal, "a", Scattered(2));
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string forged = cursor;
    forged[i] = forged[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(ReadCursor(kSeal, "a", forged).ok()) << i;
    EXPECT_FALSE(ReadCursor(kSeal, "a", cursor.substr(0, i)).ok()) << i;
  }
}

TEST(Cursor, RefusesNonsense) {
  std::mt19937 random(7);
  for (const std::string text : {"", "?", "0-0", "AAAA", "ä", "=="}) {
    EXPECT_FALSE(ReadCursor(kSeal, "a", text).ok()) << text;
  }
  for (int i = 0; i < 1000; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_FALSE(ReadCursor(kSeal, "a", bytes).ok());
    UnpackPlace(bytes).IgnoreError();
  }
}

TEST(Seal, IsBoundToItsUse) {
  EXPECT_FALSE(kSeal.Open("page", "a", kSeal.Close("cursor", "a", "x")).ok());
  EXPECT_EQ(*kSeal.Open("page", "a", kSeal.Close("page", "a", std::string("\0x", 2))), std::string("\0x", 2));
}

TEST(Seal, BytesHaveOneText) {
  for (std::size_t size = 0; size < 6; ++size) {
    const std::string text = kSeal.Close("page", "a", std::string(size, 'x'));
    EXPECT_TRUE(kSeal.Open("page", "a", text).ok());
    EXPECT_FALSE(kSeal.Open("page", "a", text + "A").ok()) << size;
  }
}

TEST(Seal, DoesNotConfuseUseAndCaller) {
  EXPECT_FALSE(kSeal.Open("us", "ec", kSeal.Close("use", "c", "x")).ok());
}

TEST(Seal, KeyFileMustBeThereAndLong) {
  const auto status = Seal::FromFile("/nonexistent/key").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr("/nonexistent/key"));
}

TEST(Varint, RefusesMoreThanSixtyFourBits) {
  std::string bytes(9, '\xff');
  bytes += '\x02';
  std::string_view rest = bytes;
  std::uint64_t number = 0;
  EXPECT_FALSE(TakeVarint(rest, number));
}

}  // namespace
}  // namespace nara::broker
