#include "common/redis/position.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/redis/keys.h"

namespace nara {
namespace {

TEST(Position, IsReadAsItIsWritten) {
  const Position position{1'700'000'000'000, 42};
  EXPECT_EQ(position.ToString(), "1700000000000-42");
  EXPECT_EQ(Position::Parse(position.ToString()).value(), position);
}

TEST(Position, IsOrderedByTimeThenSequence) {
  EXPECT_LT((Position{9, 5}), (Position{10, 0}));
  EXPECT_LT((Position{9, 5}), (Position{9, 10}));
  EXPECT_EQ((Position{9, 5}.Next()), (Position{9, 6}));
  EXPECT_EQ((Position{9, std::numeric_limits<std::uint64_t>::max()}.Next()), (Position{10, 0}));
}

TEST(Position, RefusesEverythingElse) {
  for (const char* text :
       {"", "-", "1", "1-", "-1", "01-1", "1-01", "+1-1", "1- 1", "1-1x", "99999999999999999999-0"}) {
    EXPECT_FALSE(Position::Parse(text).ok()) << text;
  }
}

TEST(Keys, CarryTheShardAsHashTag) {
  EXPECT_EQ(LogKey({7, Log::kAlarm}), "nara:{07}:alarm");
  const std::string tag = "nara:{" + ShardText(ShardOf("abc")) + "}:";
  EXPECT_EQ(DeviceKey("abc", Lane::kAlarm), tag + "device:abc:a");
  EXPECT_EQ(SeenKey("abc", Lane::kMeasurement), tag + "seen:abc:m");
  EXPECT_EQ(TokenKey(15, Lane::kMeasurement), "nara:{15}:token:m");
  EXPECT_EQ(ConsumersKey(0), "nara:{00}:consumers");
}

TEST(Keys, OfLogsAreReadAsTheyAreWritten) {
  const LogId log{15, Log::kQuarantine};
  EXPECT_EQ(ParseLogKey(LogKey(log)), log);
  for (const char* key :
       {"", "nara:{07}:", "nara:{16}:alarm", "nara:{7}:alarm", "nara:{07}:other", "nara:{07)::alarm"}) {
    EXPECT_FALSE(ParseLogKey(key).has_value()) << key;
  }
}

}  // namespace
}  // namespace nara
