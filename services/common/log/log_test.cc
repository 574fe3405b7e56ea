#include "common/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace nara::log {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class Log : public testing::Test {
 protected:
  Log() {
    Configure("test-1", Level::kDebug);
    Redirect([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~Log() override { Redirect({}); }

  std::vector<std::string> lines_;
};

TEST_F(Log, WritesOneJsonObjectWithItsKeysInOrder) {
  Info("inbox", "replayed", {{"count", 3}, {"path", "/var"}, {"rate", 1.5}, {"late", true}, {"offset", 7U}});
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_THAT(lines_[0],
              MatchesRegex(R"re(\{"time":"20[0-9-]+T[0-9:]+\.[0-9][0-9][0-9]Z","level":"info","instance":"test-1",)re"
                           R"re("component":"inbox","message":"replayed","count":3,"path":"/var","rate":1.5,)re"
                           R"re("late":true,"offset":7\})re"));
}

TEST_F(Log, AHostileValueCannotForgeALine) {
  Warn("mqtt", "refused", {{"client", std::string("x\",\"level\":\"error\"}\n{\0\x7f", 23)}});
  ASSERT_EQ(lines_.size(), 1);
  EXPECT_THAT(lines_[0], HasSubstr(R"("client":"x\",\"level\":\"error\"}\n{\u0000\u007f"})"));
}

TEST_F(Log, BytesThatAreNotUtf8AreReplaced) {
  Info("mqtt", "bytes", {{"text", "å\xff\xc0\xaf\xed\xa0\x80|\xf0\x9f\x98\x80|\xe2\x82"}});
  EXPECT_THAT(lines_[0], HasSubstr("\"text\":\"å\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD|\U0001F600|\uFFFD\uFFFD\""));
}

TEST_F(Log, NumbersThatJsonDoesNotKnowAreNull) {
  Info("x", "y", {{"ratio", std::numeric_limits<double>::quiet_NaN()}});
  EXPECT_THAT(lines_[0], HasSubstr("\"ratio\":null"));
}

TEST_F(Log, BelowTheLevelNothingIsWritten) {
  Configure("test-1", Level::kError);
  Warn("x", "y");
  EXPECT_TRUE(lines_.empty());
  Error("x", "y");
  EXPECT_EQ(lines_.size(), 1);
}

}  // namespace
}  // namespace nara::log
